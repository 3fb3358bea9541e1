"""The body of ``/send`` for invoices and quotes, and e-mail addresses in other bodies."""

from __future__ import annotations

import re
from typing import cast

from qonto_simulator.api import Call
from qonto_simulator.errors import refuse
from qonto_simulator.fields import Fields
from qonto_simulator.records.catalogue import Mail

_MOST = 100
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


async def read_mail(call: Call) -> Mail:
    """``{send_to, email_title, email_body?, copy_to_self?}``; without a body 422 ``EOF``."""
    if not (await call.request.body()).strip():
        raise refuse(422, "invalid_body", "EOF")
    fields = Fields(await call.json())
    title = fields.text("email_title", required=True)
    body = fields.text("email_body")
    copy_to_self = fields.flag("copy_to_self")
    addresses = read_addresses(fields)
    if len(addresses) > _MOST:
        fields.problem("send_to", "invalid", f"send_to must have at most {_MOST} addresses")
    fields.check()
    return Mail(
        at=call.now,
        document="",
        document_id="",
        to=addresses,
        title=title or "",
        body=body or "",
        copy_to_self=copy_to_self is not False,
    )


def read_addresses(fields: Fields) -> tuple[str, ...]:
    """The addresses of ``send_to``, with a problem noted when there is none or one is not any."""
    raw = fields.data.get("send_to")
    addresses = [str(one) for one in cast("list[object]", raw)] if isinstance(raw, list) else []
    if not addresses:
        fields.problem("send_to", "required", "send_to must have at least one address")
    if not all(ADDRESS.fullmatch(one) for one in addresses):
        fields.problem("send_to", "invalid", "send_to must hold e-mail addresses")
    return tuple(addresses)
