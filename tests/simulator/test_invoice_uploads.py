"""Files that go with an invoice or a quote."""

from __future__ import annotations

from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api, create_invoice, get_invoice, invoice_body, item

PATH = "/v2/client_invoices/uploads"
PDF = b"%PDF-1.7 terms of delivery"
UNKNOWN = "019d0840-0001-7000-8000-000000000001"


async def upload(api: Api, content: bytes = PDF, name: str = "terms.pdf") -> dict[str, Any]:
    files = {"client_invoices_upload": (name, content, "application/pdf")}
    return (await api.take("POST", PATH, files=files))["client_invoice_upload"]


async def test_an_upload_is_answered_in_one_envelope_and_read_in_another(api: Api) -> None:
    made = await upload(api)
    organization = (await api.take("GET", "/v2/organization"))["organization"]
    assert made["organization_id"] == organization["id"]
    assert (made["filename"], made["content_type"]) == ("terms.pdf", "application/pdf")
    assert made["file_size"] == len(PDF)
    assert made["created_at"] == made["updated_at"] == "2026-11-20T09:00:00.000Z"
    served = await api.take("GET", f"{PATH}/{made['id']}")
    assert set(served) == {"data"}
    assert set(served["data"]) == {"type", "id", "attributes"}
    assert served["data"]["type"] == "client_invoices_upload"
    assert served["data"]["id"] == made["id"]
    assert served["data"]["attributes"] == made


async def test_its_link_gives_the_bytes_back_for_half_an_hour(api: Api) -> None:
    made = await upload(api)
    del api.headers["Authorization"]
    assert (await api.get(made["url"])).content == PDF
    await api.take("POST", "/_simulator/clock", json={"advance": 1801})
    assert (await api.get(made["url"])).status_code == 403


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"file": ("a.pdf", PDF, "application/pdf")}, "required"),
        ({"client_invoices_upload": ("a.xml", b"<Invoice/>", "text/xml")}, "invalid"),
        ({"client_invoices_upload": ("a.exe", b"MZ", "application/pdf")}, "invalid"),
        ({"client_invoices_upload": ("a.pdf", b"%PDF" + b" " * 10485760, "x/y")}, "invalid"),
    ],
)
async def test_other_parts_and_other_kinds_are_refused(
    api: Api, files: dict[str, Any], code: str
) -> None:
    problem = await api.problem("POST", PATH, 422, files=files)
    assert (problem["status"], problem["code"]) == ("422", code)
    assert problem["source"] == {"pointer": "/client_invoices_upload"}


async def test_what_is_no_form_is_a_bad_request(api: Api) -> None:
    problem = await api.problem("POST", PATH, 400, json={"client_invoices_upload": "x"})
    assert problem["code"] == "bad_request"


async def test_unknown_uploads_and_those_of_others_are_not_found(
    api: Api, sim: Simulator, key_api: Api
) -> None:
    assert (await api.problem("GET", f"{PATH}/{UNKNOWN}", 404))["code"] == "not_found"
    made = await upload(api)
    other = sim.issue_access_token(organization_id="werkstatt-nord-7730")
    await api.problem(
        "GET", f"{PATH}/{made['id']}", 404, headers={"Authorization": f"Bearer {other}"}
    )
    assert await key_api.take("GET", f"{PATH}/{made['id']}")


async def test_an_invoice_and_a_quote_take_an_upload_and_refuse_an_unknown_one(api: Api) -> None:
    made = await upload(api)
    draft = await create_invoice(api, upload_id=made["id"])
    await api.take("PATCH", f"/v2/client_invoices/{draft['id']}", json={"footer": "see annex"})
    quote = {
        **(await invoice_body(api, upload_id=made["id"])),
        "expiry_date": "2026-12-20",
        "terms_and_conditions": "x",
    }
    await api.take("POST", "/v2/quotes", 201, json=quote)
    for path, body in (
        ("/v2/client_invoices", await invoice_body(api, upload_id=UNKNOWN)),
        ("/v2/quotes", {**quote, "upload_id": UNKNOWN}),
    ):
        problem = await api.problem("POST", path, 422, json=body)
        assert problem["code"] == "not_found"
        assert problem["source"] == {"pointer": "/data/attributes/upload_id"}
    change = {"upload_id": UNKNOWN, "items": [item(title="Other")]}
    await api.problem("PATCH", f"/v2/client_invoices/{draft['id']}", 422, json=change)
    assert (await get_invoice(api, draft["id"]))["items"][0]["title"] == "Consulting"
