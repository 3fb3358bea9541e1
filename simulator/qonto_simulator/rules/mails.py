"""E-mails that Qonto would send; here they stay in an outbox."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.records.catalogue import Mail
from qonto_simulator.world import Books


def send(books: Books, mail: Mail, document: str, document_id: str, *, at: datetime) -> None:
    """Files the e-mail; the document's status does not change."""
    books.mails.append(
        Mail(at, document, document_id, mail.to, mail.title, mail.body, mail.copy_to_self)
    )
