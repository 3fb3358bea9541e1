"""``/v2/client_invoices/uploads``: files to go with an invoice or a quote, as ``upload_id``."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import Wording, not_found
from qonto_simulator.render.attachments import client_invoice_upload

from .uploads import read_upload


async def create(call: Call) -> Reply:
    upload = await read_upload(call, "client_invoices_upload")
    call.books.uploads[upload.id] = upload
    document = client_invoice_upload(call.world, upload, call.now)
    return call.created({"client_invoice_upload": document})


async def show(call: Call) -> Reply:
    """In another envelope than the one it was answered in."""
    upload = call.books.uploads.get(call.id)
    if upload is None:
        raise not_found("client invoice upload")
    attributes = client_invoice_upload(call.world, upload, call.now)
    data = {"type": "client_invoices_upload", "id": upload.id, "attributes": attributes}
    return Reply(document={"data": data})


ENDPOINTS = (
    Endpoint("POST", "/client_invoices/uploads", create, wording=Wording.INVOICING),
    Endpoint("GET", "/client_invoices/uploads/{id}", show),
)
