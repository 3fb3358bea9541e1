"""``GET /v2/terminals``: the devices on which customers pay in person."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.terminal import Terminal
from qonto_simulator.render.common import Document


async def index(call: Call) -> Reply:
    page, rows = call.limited(read_page(call.request.query_params)), call.books.terminals
    shown = [_terminal(one) for one in rows[page.start : page.stop]]
    return Reply(document={"terminals": shown, "meta": meta(page, len(rows), call.quirks)})


def _terminal(one: Terminal) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "serial_number": one.serial_number,
        "status": one.status,
        "bank_account_id": one.bank_account_id,
    }


ENDPOINTS = (Endpoint("GET", "/terminals", index),)
