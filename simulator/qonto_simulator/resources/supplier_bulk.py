"""``POST /v2/supplier_invoices/bulk``: up to twenty documents, each with its own fate.

The answer is 200 even when single documents fail; ``errors`` says which, by their idempotency keys.
Only a request that can't be used at all is refused as a whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import cast

from qonto_simulator.api import REPLAY, Call, Endpoint, Reply
from qonto_simulator.errors import Problem, refuse
from qonto_simulator.records.supplier_invoice import Reading, SupplierInvoice
from qonto_simulator.render.common import Document
from qonto_simulator.render.supplier_invoices import supplier_invoice
from qonto_simulator.rules.supplier_invoices import Arrival, arrive
from qonto_simulator.seeding.purchases import reading
from qonto_simulator.times import today

from .uploads import REQUEST_LIMIT, File, read_parts

MOST = 20
_TOO_MANY = Problem("limit_reached", f"at most {MOST} supplier invoices per request", "file")
_FRAMING = 64 * 1024
"""What the multipart form itself may add to the files."""
_PREFIX = "supplier_invoices[]["
_SOURCES = (
    "pay_by_invoice",
    "supplier_invoices",
    "integration",
    "transaction_attachment",
    "generic_upload",
)
_SUPPLIERS = ("Papeterie du Centre", "Atelier Vidal", "Nordlicht GmbH", "Ferramenta Rossi")


@dataclass(slots=True)
class _Item:
    parts: dict[str, str | File] = field(default_factory=dict[str, "str | File"])


async def create(call: Call) -> Reply:
    if len(await call.request.body()) > REQUEST_LIMIT + _FRAMING:
        raise refuse(400, "invalid", "the request is larger than 15 MB")
    items, options = _grouped(await read_parts(call))
    if not items:
        raise refuse(400, "required", "supplier_invoices is required", pointer="/supplier_invoices")
    source = options.get("source", "supplier_invoices")
    if source not in _SOURCES:
        detail = f"source must be one of: {', '.join(_SOURCES)}"
        raise refuse(400, "not_in_list", detail, pointer="/source")
    meta = _meta(options.get("meta", ""))
    made: list[Document] = []
    errors: list[Document] = []
    for number, item in enumerate(items):
        result = _add(call, item, source, meta) if number < MOST else _TOO_MANY
        if isinstance(result, Problem):
            pointer = _pointer(call, number, item, result)
            errors.append(Problem(result.code, result.detail, pointer).document())
        else:
            document = supplier_invoice(result, call.books.organisation.id)
            made.append(call.shaped(document))
    return Reply(document={"supplier_invoices": made, "errors": errors})


def _pointer(call: Call, number: int, item: _Item, problem: Problem) -> str:
    """The idempotency key of the document; without one, or as told, its position."""
    key = item.parts.get("idempotency_key")
    if isinstance(key, str) and key and not call.quirks.indexed_bulk_pointers:
        return f"/supplier_invoices/idempotency_key/{key}"
    return f"/supplier_invoices/{number}/{problem.pointer}"


def _grouped(parts: list[tuple[str, str | File]]) -> tuple[list[_Item], dict[str, str]]:
    """A name that the present item already has begins the next one, as Rails reads such forms."""
    items: list[_Item] = []
    options: dict[str, str] = {}
    for name, value in parts:
        if name.startswith(_PREFIX):
            key = name.removeprefix(_PREFIX).rstrip("]")
            if not items or key in items[-1].parts:
                items.append(_Item())
            items[-1].parts[key] = value
        elif isinstance(value, str):
            options[name] = value
    return items, options


def _meta(text: str) -> dict[str, object] | None:
    if not text:
        return None
    try:
        data: object = json.loads(text)
    except ValueError as problem:
        raise refuse(400, "invalid", "meta must be a JSON object", pointer="/meta") from problem
    if not isinstance(data, dict):
        raise refuse(400, "invalid", "meta must be a JSON object", pointer="/meta")
    given = cast("dict[str, object]", data)
    return {
        "integration_type": given.get("integration_type"),
        "connector": given.get("connector"),
        "accounting_recorded_at": None,
        "accounting_recorded_source": None,
    }


def _add(
    call: Call, item: _Item, source: str, meta: dict[str, object] | None
) -> SupplierInvoice | Problem:
    key = item.parts.get("idempotency_key")
    if not isinstance(key, str) or not key:
        return Problem("required", "idempotency_key is required", "idempotency_key")
    known = call.books.upload_keys.get(key)
    if known is not None and call.now < known[1]:
        bill = call.books.supplier_invoices.get(known[0])
        if bill is not None:
            return bill
    arrival = _arrival(call, item, source, meta)
    if isinstance(arrival, Problem):
        return arrival
    bill = arrive(call.world, call.books, arrival, at=call.now)
    call.books.upload_keys[key] = (bill.id, call.now + REPLAY)
    return bill


def _arrival(
    call: Call, item: _Item, source: str, meta: dict[str, object] | None
) -> Arrival | Problem:
    file, attachment_id = item.parts.get("file"), item.parts.get("attachment_id")
    if (file is None) == (attachment_id is None):
        return Problem("invalid", "exactly one of file and attachment_id is required", "file")
    if file is not None:
        if not isinstance(file, File):
            return Problem("invalid", "file must be a file", "file")
        problem = file.problem()
        if problem is not None:
            return Problem("invalid", problem, "file")
        if fnmatchcase(file.name, call.quirks.failing_bulk_files):
            return Problem("internal_server_error", "internal server error", "file")
        content, kind, stored = file.content, file.content_type or "", None
        name = file.name
    else:
        one = call.world.attachments.get(str(attachment_id))
        if one is None or one.organisation_id != call.books.organisation.id:
            return Problem("invalid", "attachment not found", "attachment_id")
        content, kind, stored, name = one.read(), one.content_type, one.id, one.file_name
    return Arrival(
        file_name=name,
        content_type=kind,
        make=lambda: content,
        source=source,
        source_type="direct_upload",
        reading=_imagined(call, content),
        initiator_id=call.caller.membership_id,
        attachment_id=stored,
        meta=meta,
    )


def _imagined(call: Call, content: bytes) -> Reading:
    """What the analysis will find: always the same for the same bytes."""
    digest = hashlib.sha256(content).digest()
    supplier = _SUPPLIERS[digest[0] % len(_SUPPLIERS)]
    net = Decimal(1000 + int.from_bytes(digest[1:3], "big")) / 100
    issued = today(call.now) - timedelta(days=digest[3] % 20)
    return reading(supplier, f"UP-{digest.hex()[:8].upper()}", issued, net, Decimal("0.20"))


ENDPOINTS = (Endpoint("POST", "/supplier_invoices/bulk", create),)
