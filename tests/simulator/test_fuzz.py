"""Whatever is sent, the simulator answers; it never stumbles."""

from __future__ import annotations

from typing import Any

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st
from qonto_simulator import Simulator

from .made_elsewhere import cii, pdf, ubl
from .paying import accounts, transfer_body, wait
from .support import NOW, ORIGIN, Api, client_named, invoice_body

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES = {
    "/v2/client_invoices": "invoice",
    "/v2/quotes": "quote",
    "/v2/credit_notes": "note",
    "/v2/clients": "client",
    "/v2/products": "product",
    "/v2/webhook_subscriptions": "subscription",
    "/v2/reminders": "reminder",
    "/v2/bank_accounts": "account",
    "/v2/memberships/invite_employee_or_accountant": "invitation",
    "/v2/teams": "team",
    "/v2/sepa/beneficiaries": "beneficiary",
    "/v2/sepa/verify_payee": "payee",
    "/v2/sepa/bulk_verify_payee": "payees",
    "/v2/sepa/skip_verify_payee": "payees",
    "/v2/sepa/transfers": "transfer",
    "/v2/sepa/bulk_transfers": "transfers",
    "/v2/sepa/recurring_transfers": "standing",
    "/v2/internal_transfers": "internal",
    "/v2/requests/transfers": "request_transfer",
    "/v2/requests/multi_transfers": "request_multi_transfer",
    "/v2/requests/flash_cards": "request_flash_card",
    "/v2/requests/virtual_cards": "request_virtual_card",
}
LISTS = (
    "/v2/client_invoices",
    "/v2/supplier_invoices",
    "/v2/transactions",
    "/v2/clients",
    "/v2/quotes",
    "/v2/statements",
    "/v2/sepa/beneficiaries",
    "/v2/webhook_subscriptions",
    "/v2/requests",
    "/v2/sepa/transfers",
    "/v2/cards",
    "/v2/reminders",
    "/v2/payment_links",
    "/v2/sepa/direct_debit_collections",
    "/v2/international/currencies",
)
PARAMETERS = (
    *("page", "per_page", "sort_by", "filter[status]", "filter[status][]", "status[]", "query"),
    *("filter[updated_at_from]", "filter[created_at_to]", "filter[due_date]", "filter[number]"),
    *("filter[payable_amount]", "filter[issue_date]", "exclude_imported", "bank_account_id"),
    *("settled_at_from", "includes[]", "period_from", "filter[name]", "iban", "trusted"),
    *("created_at_from", "processed_at_from", "scheduled_date_to", "updated_at_to", "ids[]"),
    *("request_type[]", "statuses[]", "card_levels[]", "client_ids", "status", "source"),
)


async def payment(api: Api, kind: str) -> dict[str, Any]:
    """A good body that moves money."""
    body = await transfer_body(api, note="x", attachment_ids=[], scheduled_date="2026-11-25")
    proof, transfer = body["vop_proof_token"], body["transfer"]
    if kind == "transfer":
        return body
    if kind == "standing":
        days = {"first_execution_date": "2026-11-25", "last_execution_date": "2026-12-25"}
        order = {**transfer, "frequency": "weekly", **days}
        return {"vop_proof_token": proof, "recurring_transfer": order}
    if kind == "transfers":
        account = transfer.pop("bank_account_id")
        lines = [{**transfer, "client_transfer_id": "7e0c1f52-0001-4b1d-9c55-2f6f0b7d11aa"}]
        return {"vop_proof_token": proof, "bank_account_id": account, "bulk_transfers": lines}
    here, there = (one["iban"] for one in (await accounts(api))[:2])
    fields = {"debit_iban": here, "credit_iban": there, "amount": "1.00"}
    return {"internal_transfer": {**fields, "currency": "EUR", "reference": "x"}}


def proposal(kind: str) -> dict[str, Any]:
    """A good body that asks for something."""
    line = {
        "amount": "60.00",
        "currency": "EUR",
        "credit_iban": "FR7630006000011234567890189",
        "credit_account_name": "Papeterie",
        "credit_account_currency": "EUR",
        "reference": "x",
        "attachment_ids": [],
    }
    when = {"scheduled_date": "2026-11-25", "debit_iban": None}
    fields: dict[str, dict[str, Any]] = {
        "request_transfer": {**line, **when, "recurrence": "once", "last_recurrence_date": None},
        "request_multi_transfer": {**when, "transfers": [line]},
        "request_flash_card": {
            "payment_lifespan_limit": "250.00",
            "pre_expires_at": "2026-11-25T00:00:00Z",
        },
        "request_virtual_card": {
            "payment_monthly_limit": "5.00",
            "card_level": "virtual",
            "card_design": "x",
        },
    }
    return {kind: {"note": "x", **fields[kind]}}


async def template(api: Api, kind: str) -> dict[str, Any]:
    """A good body, to be spoilt."""
    if kind in ("transfer", "transfers", "standing", "internal"):
        return await payment(api, kind)
    if kind.startswith("request_"):
        return proposal(kind)
    invoice = await invoice_body(api)
    client = await client_named(api, "Brasserie")
    issued = (await api.take("GET", "/v2/client_invoices"))["client_invoices"][3]
    payee = {"beneficiary_name": "Papeterie", "iban": "FR7630006000011234567890189"}
    bodies: dict[str, dict[str, Any]] = {
        "beneficiary": {
            "beneficiary": {
                "name": "Papeterie",
                "iban": payee["iban"],
                "bic": "AGRIFRPPXXX",
                "email": "a@b.example",
                "activity_tag": "tax",
            }
        },
        "payee": payee,
        "payees": {"requests": [{"id": "1", **payee}, {"id": "2", **payee}]},
        "invoice": {**invoice, "discount": {}, "settings": {}, "number": "1", "contact_email": ""},
        "quote": {**invoice, "expiry_date": "2026-12-20", "terms_and_conditions": "x"},
        "note": {**invoice, "invoice_id": issued["id"], "reason": "x"},
        "client": {**client, "phone": {}, "extra_emails": []},
        "product": {
            "title": "x",
            "type": "good",
            "unit_price": {"value": "1", "currency": "EUR"},
            "vat_rate": "0.2",
            "links": [{}],
        },
        "subscription": {
            "callback_url": "https://hooks.example/x",
            "types": ["v1/client-invoices"],
            "secret": "x" * 32,
            "description": "x",
        },
        "reminder": {
            "client_id": client["id"],
            "send_to": ["a@b.example"],
            "copy_to_self": True,
            "rules": [
                {"email_title": "x", "offset_days": 1, "operator": "after", "email_body": ""}
            ],
        },
        "account": {"bank_account": {"name": "x"}},
        "invitation": {
            "membership": {
                "email": "a@b.example",
                "first_name": "x",
                "last_name": "x",
                "role": "employee",
                "team_id": "x",
            }
        },
        "team": {"name": "x"},
    }
    return bodies[kind]


def opened() -> Api:
    simulator = Simulator(clock=NOW, base_url=ORIGIN)
    headers = {
        "Authorization": f"Bearer {simulator.issue_access_token()}",
        "X-Qonto-Idempotency-Key": "x",
    }
    return Api(transport=httpx2.ASGITransport(simulator.app), base_url=ORIGIN, headers=headers)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), path=st.sampled_from(sorted(BODIES)))
async def test_spoilt_bodies_are_refused_or_taken(data: st.DataObject, path: str) -> None:
    async with opened() as api:
        body = await template(api, BODIES[path])
        for name in data.draw(st.lists(st.sampled_from(sorted(body)), min_size=1, max_size=3)):
            value = body[name]
            if isinstance(value, list) and value and isinstance(value[0], dict) and value[0]:
                inner = data.draw(st.sampled_from(sorted(value[0])))
                body[name] = [{**value[0], inner: data.draw(VALUES)}]
            elif isinstance(value, dict) and value:
                inner = data.draw(st.sampled_from(sorted(value)))
                body[name] = {**value, inner: data.draw(VALUES)}
            else:
                body[name] = data.draw(VALUES)
        key = {"X-Qonto-Idempotency-Key": "one"}
        response = await api.post(path, json=body, headers=key)
        assert response.status_code in (200, 201, 400, 403, 409, 422, 428), response.text
        await wait(api, 60)
        if response.status_code >= 400:
            document = response.json()
            assert document.get("errors") or document["code"]


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(LISTS),
    params=st.dictionaries(
        st.sampled_from(PARAMETERS),
        st.text(max_size=12) | st.sampled_from(["true", "paid", "2026-11-20", "1", "lte:1:EUR"]),
        max_size=4,
    ),
)
async def test_strange_queries_are_refused_or_answered(path: str, params: dict[str, str]) -> None:
    async with opened() as api:
        response = await api.get(path, params=params)
        assert response.status_code in (200, 400, 404, 422), response.text
        assert response.headers["content-type"] == "application/json"


FILES = (ubl(), cii(), pdf(cii()), pdf())
PIECES = st.sampled_from([b"", b"<", b"&a;", b"-1", b"\x00", b"\xff", b"/Kids [1 0 R]", b"9" * 30])


@settings(max_examples=40, deadline=None)
@given(
    content=st.sampled_from(FILES),
    where=st.floats(0, 1),
    length=st.integers(0, 40),
    piece=PIECES | st.binary(max_size=20),
)
async def test_spoilt_files_are_refused_or_taken(
    content: bytes, where: float, length: int, piece: bytes
) -> None:
    start = int(where * len(content))
    spoilt = content[:start] + piece + content[start + length :]
    async with opened() as api:
        files = {"client_invoices": ("x", spoilt, "application/pdf")}
        response = await api.post("/v2/client_invoices/bulk", files=files)
        assert response.status_code in (200, 422), response.text
