"""Requests that nobody should send: each gets a documented refusal, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from .support import Api, create_invoice, invoice_body, item, subscribe

LIST = "/v2/client_invoices"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "replaced",
    [
        '"header": "\\ud800"',
        '"welfare_fund": {"rate": NaN}',
        '"welfare_fund": {"rate": Infinity}',
        '"welfare_fund": ' + "[" * 50_000,
        '"header": "',
    ],
)
async def test_what_could_not_be_written_again_is_not_read(api: Api, replaced: str) -> None:
    """Half a surrogate pair, NaN, endless nesting: no JSON, and the list stays readable."""
    text = json.dumps(await invoice_body(api, header="x")).replace('"header": "x"', replaced)
    problem = await api.problem("POST", LIST, 400, content=text, headers=JSON)
    assert problem["code"] == "malformed_json"
    await api.take("GET", LIST)


@pytest.mark.parametrize("body", [b"\xff\xfe{\x00}\x00", b"\x1f\x8b\x08\x00", b'"\xed\xa0\x80"'])
async def test_a_body_is_utf_8(api: Api, body: bytes) -> None:
    problem = await api.problem("POST", LIST, 400, content=body, headers=JSON)
    assert problem["code"] == "malformed_json"
    problem = await api.problem("POST", "/v2/clients", 400, content=body, headers=JSON)
    assert problem["code"] == "invalid_body"


@pytest.mark.parametrize(
    "path",
    [
        LIST,
        f"{LIST}/bulk",
        f"{LIST}/uploads",
        "/v2/attachments",
        "/v2/supplier_invoices/bulk",
    ],
)
async def test_a_huge_body_is_thrown_away(api: Api, path: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(33):
            yield b" " * 1024 * 1024

    problem = await api.problem("POST", path, 400, content=endless(), headers=JSON)
    assert problem["code"] == "invalid_body"


@pytest.mark.parametrize("number", ["1E+999999999", "1e-400", "0E+999999999", "9" * 400])
async def test_a_number_is_not_written_out_before_its_size_is_known(api: Api, number: str) -> None:
    text = json.dumps(await invoice_body(api)).replace('"quantity": "2"', f'"quantity": {number}')
    problem = await api.problem("POST", LIST, 422, content=text, headers=JSON)
    assert problem["source"]["pointer"] == "/client_invoice/items/0/quantity"


async def test_amounts_are_limited(api: Api) -> None:
    price = {"value": "999999999999", "currency": "EUR"}
    body = await invoice_body(api, items=[item(quantity="999999999999", unit_price=price)] * 20)
    problem = await api.problem("POST", LIST, 422, json=body)
    assert problem["detail"] == "the amount of the line is too large"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_an_instant_outside_of_all_calendars_is_refused(api: Api, text: str) -> None:
    params = {"filter[updated_at_from]": text}
    problem = await api.problem("GET", LIST, 422, params=params)
    assert problem["source"] == {"parameter": "filter[updated_at_from]"}


async def test_a_day_before_1900_is_refused_and_changes_nothing(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid")
    path = f"{LIST}/{invoice['id']}"
    await api.problem("POST", f"{path}/mark_as_paid", 422, json={"paid_at": "0001-01-01"})
    assert (await api.take("GET", path))["client_invoice"] == invoice


async def test_a_window_that_ends_before_it_begins_is_empty(api: Api) -> None:
    params = {
        "filter[updated_at_from]": "2026-11-20T00:00:00Z",
        "filter[updated_at_to]": "2020-01-01T00:00:00Z",
        "per_page": "1",
    }
    for path in ("client_invoices", "credit_notes", "quotes", "supplier_invoices", "clients"):
        answer = await api.take("GET", f"/v2/{path}", params=params)
        assert answer["meta"]["total_count"] == 0
        assert answer[path] == []


@pytest.mark.parametrize("path", ["/v2/client_invoices/", "/v2//client_invoices", "/v2", "/v2x"])
async def test_other_spellings_of_a_path_are_other_paths(api: Api, path: str) -> None:
    problem = await api.problem("GET", path, 404)
    assert problem["code"] == "not_found"


@pytest.mark.parametrize("name", ["2026/42.pdf", "..", "Ünïcode 😀.pdf"])
async def test_a_file_of_any_name_can_be_fetched_again(api: Api, name: str) -> None:
    made = await api.take(
        "POST",
        "/v2/attachments",
        files={"file": (name, b"%PDF-1.4", "application/pdf")},
        headers={"X-Qonto-Idempotency-Key": name.encode().hex()},
    )
    path = f"/v2/attachments/{made['attachment']['id']}"
    attachment = (await api.take("GET", path))["attachment"]
    assert "/" not in attachment["file_name"]
    response = await api.get(attachment["url"], headers={"Authorization": ""})
    assert response.status_code == 400
    del api.headers["Authorization"]
    assert (await api.get(attachment["url"])).content == b"%PDF-1.4"


async def test_a_number_with_a_slash_makes_a_file_that_can_be_kept(api: Api) -> None:
    invoice = await create_invoice(api, status="unpaid", number="2026/42 (bis)")
    await api.take("POST", "/_simulator/clock", json={"advance": 15})
    invoice = (await api.take("GET", f"{LIST}/{invoice['id']}"))["client_invoice"]
    answer = await api.take("GET", f"/v2/attachments/{invoice['attachment_id']}")
    assert answer["attachment"]["file_name"] == "2611-2026-42-bis-Atelier-Mercure-SAS.pdf"


async def test_twins_of_an_upload_make_one_file(api: Api) -> None:
    """Files this large are read in pieces, so that the requests overlap."""

    async def upload() -> Any:
        return await api.take(
            "POST",
            "/v2/attachments",
            files={"file": ("a.pdf", b"%PDF" + b"x" * 2_000_000, "application/pdf")},
            headers={"X-Qonto-Idempotency-Key": "one"},
        )

    answers = await asyncio.gather(*(upload() for _ in range(8)))
    assert len({answer["attachment"]["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"advance": 1e300}),
        ("clock", {"advance": -1}),
        ("clock", {"advance": []}),
        ("faults", {"path": 5, "kind": "status"}),
        ("faults", {"path": "/v2/*", "kind": "status", "status": 99}),
        ("faults", {"path": "/v2/*", "kind": "status", "headers": {"X": "a\r\nb"}}),
        ("faults", {"path": "/v2/*", "kind": "latency", "latency": 1e12}),
        ("faults", {"path": "/v2/*", "kind": "status", "times": 0}),
        ("quirks", {"pdf_delay": 1e300}),
        ("quirks", {"created_status": 500}),
        ("quirks", {"parallel_deliveries": 0}),
        ("invoices", {"issue_date": "9999-12-31"}),
        ("invoices", {"title": 5}),
        ("supplier_invoices", {"due_in_days": 10**12}),
        ("beneficiaries", {"name": ["x"]}),
        ("tokens", {"scopes": 5}),
    ],
)
async def test_control_calls_refuse_impossible_values(
    api: Api, path: str, body: dict[str, Any]
) -> None:
    answer = await api.take("POST", f"/_simulator/{path}", 400, json=body)
    assert answer["errors"][0]["detail"]
    await create_invoice(api, status="unpaid")
    await api.take("POST", "/_simulator/clock", json={"advance": 60})


@pytest.mark.parametrize("body", ["[" * 50_000, '{"unit_price": "\\ud800"}', "\xff", "[]"])
async def test_control_calls_refuse_what_is_no_json_object(api: Api, body: str) -> None:
    await api.take("POST", "/_simulator/invoices", 400, content=body.encode("latin-1"))


@pytest.mark.parametrize("path", ["/", "/oauth2/auth/continue"])
async def test_a_form_that_can_not_be_read_is_a_bad_request(api: Api, path: str) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    response = await api.post(path, content=b"x", headers=headers)
    assert (response.status_code, response.text) == (400, "Bad Request")


async def test_control_calls_take_organisations_by_slug_and_know_the_others_not(api: Api) -> None:
    other = {"organization_id": "werkstatt-nord-7730"}
    await api.take("POST", "/_simulator/tokens", 201, json=other)
    assert await api.take("POST", "/_simulator/tokens/expire", json=other) == {"expired": 2}
    for path in ("tokens/expire", "tokens", "consents/revoke", "invoices", "transactions"):
        await api.take("POST", f"/_simulator/{path}", 404, json={"organization_id": "nope"})
    assert await api.take("GET", "/v2/labels")


async def test_no_deliveries_are_none(api: Api) -> None:
    await subscribe(api, "v1/clients")
    await api.take("POST", "/v2/clients", 200, json={"kind": "company", "name": "Z"})
    for limit, count in ((0, 0), (1, 1), (5, 1)):
        answer = await api.take("GET", "/_simulator/deliveries", params={"limit": limit})
        assert len(answer["deliveries"]) == count
