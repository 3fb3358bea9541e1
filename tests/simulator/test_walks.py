"""Random walks: whatever is tried, no document reaches a state it may not be in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qonto_simulator import Simulator

from .support import NOW, ORIGIN, Api, create_invoice, item

INVOICE_MOVES = {
    ("draft", "finalize"): "unpaid",
    ("draft", "edit"): "draft",
    ("draft", "delete"): "gone",
    ("unpaid", "mark_as_paid"): "paid",
    ("unpaid", "mark_as_canceled"): "canceled",
    ("unpaid", "bank"): "paid",
    ("unpaid", "credit"): "canceled",
    ("paid", "mark_as_paid"): "paid",
    ("paid", "unmark_as_paid"): "unpaid",
    ("paid", "credit"): "paid",
}
INVOICE_ACTIONS = sorted({action for _, action in INVOICE_MOVES})

SUPPLIER_STATUSES = (
    "to_review",
    "to_approve",
    "to_pay",
    "awaiting_payment",
    "pending",
    "scheduled",
)
PAYABLE = {"to_review", "to_approve", "to_pay", "awaiting_payment", "pending", "paid"}
REJECTABLE = {"to_review", "to_approve", "awaiting_payment"}

walks = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def opened() -> tuple[Simulator, Api]:
    simulator = Simulator(clock=NOW, base_url=ORIGIN)
    simulator.control.set_quirks(rate_limits=False)
    headers = {"Authorization": f"Bearer {simulator.issue_access_token()}"}
    transport = httpx2.ASGITransport(simulator.app)
    return simulator, Api(transport=transport, base_url=ORIGIN, headers=headers)


async def try_invoice(api: Api, id: str, action: str) -> httpx2.Response:
    path = f"/v2/client_invoices/{id}"
    match action:
        case "edit":
            return await api.patch(path, json={"footer": "changed"})
        case "delete":
            return await api.delete(path)
        case "bank":
            return await api.post(f"/_simulator/invoices/{id}/pay")
        case "credit":
            line = item(
                quantity="1",
                unit_price={"value": "1440", "currency": "EUR"},
                vat_rate="0",
                vat_exemption_reason="S293B",
            )
            body = {
                "invoice_id": id,
                "issue_date": "2026-11-20",
                "reason": "Walk",
                "currency": "EUR",
                "items": [line],
            }
            return await api.post("/v2/credit_notes", json=body)
        case _:
            return await api.post(f"{path}/{action}")


def check_invoice(invoice: dict[str, Any]) -> None:
    """What is true of every invoice in its status."""
    status = invoice["status"]
    assert (invoice["finalized_at"] is None) == (status == "draft")
    assert invoice["number"].endswith("-PROFORMA") == (status == "draft")
    assert bool(invoice["paid_at"]) == (status == "paid")
    assert bool(invoice["invoice_url"]) == (status != "draft")
    if status == "unpaid":
        assert Decimal(invoice["amount_paid"]["value"]) < Decimal(invoice["total_amount"]["value"])


def refusal_of(status: str, action: str) -> int:
    """Changing and deleting are for drafts alone, which has a status of its own."""
    if action == "credit":
        return 422
    if status == "gone":
        return 404
    return 412 if action in ("edit", "delete") else 422


@walks
@given(
    finals=st.booleans(),
    actions=st.lists(st.sampled_from(INVOICE_ACTIONS), min_size=1, max_size=12),
)
async def test_invoices_move_only_as_documented(finals: bool, actions: list[str]) -> None:
    _, api = opened()
    async with api:
        made = await create_invoice(api, status="unpaid" if finals else "draft")
        path, status = f"/v2/client_invoices/{made['id']}", made["status"]
        credited = False
        for action in actions:
            expected = INVOICE_MOVES.get((status, action))
            if action == "credit" and credited:
                expected = None
            response = await try_invoice(api, made["id"], action)
            if expected is None:
                assert response.status_code == refusal_of(status, action)
            else:
                assert response.status_code < 300, (status, action, response.text)
                status = expected
                credited = credited or action == "credit"
            if status == "gone":
                assert (await api.get(path)).status_code == 404
                continue
            invoice = (await api.take("GET", path))["client_invoice"]
            assert invoice["status"] == status, action
            check_invoice(invoice)
            shown = await api.take("GET", "/v2/client_invoices", params={"filter[status]": status})
            assert invoice in shown["client_invoices"]


@walks
@given(
    actions=st.lists(
        st.sampled_from([*SUPPLIER_STATUSES, "mark_as_paid", "unmark_as_paid", "reject"]),
        min_size=1,
        max_size=12,
    )
)
async def test_supplier_invoices_move_only_as_documented(actions: list[str]) -> None:
    _, api = opened()
    async with api:
        made = await api.take("POST", "/_simulator/supplier_invoices", 201)
        id, status = made["supplier_invoice"]["id"], "to_review"
        path = f"/v2/supplier_invoices/{id}"
        for action in actions:
            if action in SUPPLIER_STATUSES:
                if status in ("paid", "rejected"):
                    continue
                move = f"/_simulator/supplier_invoices/{id}/move"
                await api.take("POST", move, json={"status": action})
                status = action
            else:
                response = await api.post(f"{path}/{action}")
                fits = {
                    "mark_as_paid": status in PAYABLE,
                    "unmark_as_paid": status == "paid",
                    "reject": status in REJECTABLE,
                }[action]
                assert response.status_code == (200 if fits else 400), (status, action)
                if fits:
                    status = {
                        "mark_as_paid": "paid",
                        "unmark_as_paid": "to_review",
                        "reject": "rejected",
                    }[action]
            bill = (await api.take("GET", path))["supplier_invoice"]
            assert bill["status"] == status
            assert bool(bill["payment_date"]) == (status == "paid")


@walks
@given(
    actions=st.lists(
        st.sampled_from(["approved", "canceled", "edit", "delete", "send", "wait"]),
        min_size=1,
        max_size=10,
    )
)
async def test_quotes_move_only_as_documented(actions: list[str]) -> None:
    _, api = opened()
    async with api:
        client = (await api.take("GET", "/v2/clients", params={"filter[name]": "brass"}))[
            "clients"
        ][0]
        body = {
            "client_id": client["id"],
            "issue_date": "2026-11-20",
            "expiry_date": "2026-12-20",
            "currency": "EUR",
            "terms_and_conditions": "x",
            "items": [item()],
        }
        made = await api.take("POST", "/v2/quotes", 201, json=body)
        path, status, sent, ready = f"/v2/quotes/{made['id']}", "pending_approval", False, False
        for action in actions:
            pending = status == "pending_approval"
            match action:
                case "wait":
                    await api.take("POST", "/_simulator/clock", json={"advance": 10})
                    ready = True
                    continue
                case "edit":
                    response = await api.patch(path, json={"footer": "x"})
                    fits = pending and ready
                case "delete":
                    response = await api.delete(path)
                    fits = pending and not sent
                case "send":
                    mail = {"send_to": ["a@b.example"], "email_title": "x"}
                    response = await api.post(f"{path}/send", json=mail)
                    fits = status != "gone"
                case _:
                    decide = f"/_simulator{path.removeprefix('/v2')}/decide"
                    response = await api.post(decide, json={"status": action})
                    fits = pending
            assert (response.status_code < 300) == fits, (status, action, response.text)
            if not fits:
                continue
            sent = sent or action == "send"
            if action == "delete":
                status = "gone"
            elif action in ("approved", "canceled"):
                status = action
        if status != "gone":
            assert (await api.take("GET", path))["status"] == status


@walks
@given(
    parts=st.lists(st.integers(min_value=1, max_value=144_001), min_size=1, max_size=8),
)
async def test_credit_notes_never_exceed_their_invoice(parts: list[int]) -> None:
    _, api = opened()
    async with api:
        made = await create_invoice(api, status="unpaid")
        credited = 0
        for cents in parts:
            line = item(
                quantity="1",
                unit_price={"value": str(Decimal(cents) / 100), "currency": "EUR"},
                vat_rate="0",
                vat_exemption_reason="S293B",
            )
            body = {
                "invoice_id": made["id"],
                "issue_date": "2026-11-20",
                "reason": "Walk",
                "currency": "EUR",
                "items": [line],
            }
            response = await api.post("/v2/credit_notes", json=body)
            fits = credited + cents <= 144_000
            assert response.status_code == (200 if fits else 422)
            credited += cents if fits else 0
            invoice = (await api.take("GET", f"/v2/client_invoices/{made['id']}"))["client_invoice"]
            assert invoice["status"] == ("canceled" if credited == 144_000 else "unpaid")
            if credited == 144_000:
                break
