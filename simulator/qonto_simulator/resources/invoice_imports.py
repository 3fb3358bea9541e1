"""``POST /v2/client_invoices/bulk``: invoices made elsewhere, all of them or none."""

from __future__ import annotations

import asyncio

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.einvoices.opening import MOST_BYTES, XML, Unreadable
from qonto_simulator.einvoices.reading import read
from qonto_simulator.errors import ApiError, Problem, Wording, refuse
from qonto_simulator.rules import imports

from .uploads import REQUEST_LIMIT, SHOWN, File, read_parts

MOST = 5
_PART = "client_invoices"
_KINDS = SHOWN | {XML}


async def create(call: Call) -> Reply:
    """The ids with the names of the files, in their order."""
    if call.books.organisation.country == "IT":
        raise refuse(403, "forbidden", "Italian organizations can't import invoices")
    parts = [value for name, value in await read_parts(call) if name == _PART]
    _require_limits(parts)
    # Reading takes a while, and others go on meanwhile; what changes the books happens after it.
    read_files = [await asyncio.to_thread(_understood, *each) for each in enumerate(parts)]
    problems = [one for one in read_files if isinstance(one, Problem)]
    if problems:
        raise ApiError(422, *problems)
    files = [one for one in read_files if not isinstance(one, Problem)]
    invoices = imports.bring_in(call.world, call.books, files, at=call.now)
    registered = [
        {"invoice_id": invoice.id, "file_name": file.name}
        for invoice, file in zip(invoices, files, strict=True)
    ]
    return Reply(document={_PART: registered})


def _require_limits(parts: list[str | File]) -> None:
    """400 for a request that is no import at all."""
    pointer = f"/{_PART}"
    if not parts:
        raise refuse(400, "required", f"{_PART} is required", pointer=pointer)
    if len(parts) > MOST:
        raise refuse(400, "limit_reached", f"at most {MOST} files per request", pointer=pointer)
    if sum(len(one.content) for one in parts if isinstance(one, File)) > REQUEST_LIMIT:
        raise refuse(400, "invalid", "the files are larger than 15 MB together", pointer=pointer)


def _understood(position: int, file: str | File) -> imports.Import | Problem:
    pointer = f"/{_PART}/{position}"
    if not isinstance(file, File):
        return Problem("invalid", f"{_PART} must be a file", pointer)
    problem = file.problem(_KINDS, MOST_BYTES)
    if problem is not None:
        return Problem("invalid", f"{file.name}: {problem}", pointer)
    kind = file.content_type or ""
    try:
        reading = read(file.content, kind)
    except Unreadable as reason:
        return Problem("invalid", f"{file.name}: {reason}", pointer)
    return imports.Import(file.name, kind, file.content, reading, pointer)


ENDPOINTS = (Endpoint("POST", "/client_invoices/bulk", create, wording=Wording.INVOICING),)
