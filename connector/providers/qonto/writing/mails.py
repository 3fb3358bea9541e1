"""E-mails with documents, as Qonto sends them. Pure."""

import re
from typing import Any

from connector.providers.qonto.writing.matching import without_nothing
from connector.writing.problems import Problems
from connector.writing.requests.invoice import MailRequest

EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def mail_body(request: MailRequest, problems: Problems) -> dict[str, Any]:
    """Return what Qonto is sent; wrong addresses are added to the problems."""
    for position, address in enumerate(request.recipients):
        if not EMAIL.fullmatch(address):
            problems.add(f"recipients.{position}", "NOT_AN_EMAIL", "This is no e-mail address.")
    return {
        **without_nothing(
            {
                "send_to": list(request.recipients),
                "email_title": request.subject,
                "email_body": request.body,
            }
        ),
        "copy_to_self": request.copy_to_self,
    }
