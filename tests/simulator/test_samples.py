"""Every sample has the shape that the simulator serves: the same keys, the same types."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from qonto_simulator import Simulator

import connector.providers.qonto as provider

from .support import (
    NOW,
    Api,
    Receiver,
    code_form,
    create_invoice,
    get_invoice,
    invoice_body,
    link,
    subscribe,
)

SAMPLES = Path(provider.__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text("utf-8"))


def differences(expected: Any, served: Any, path: str = "") -> list[str]:
    """Where keys or types differ; nothing (``null`` or ``""``) fits every type."""
    if expected in (None, "") or served in (None, "") or path.endswith("/reasons"):
        return []
    if type(expected) is not type(served):
        numbers = {type(expected), type(served)} <= {int, float}
        return [] if numbers else [f"{path}: {expected!r} and {served!r}"]
    if isinstance(expected, dict):
        found = [f"{path}: {key}" for key in expected.keys() ^ served.keys()]
        for key in expected.keys() & served.keys():
            found += differences(expected[key], served[key], f"{path}/{key}")
        return found
    if isinstance(expected, list) and expected and served:
        return differences(expected[0], served[0], f"{path}/0")
    return []


async def drafted(api: Api) -> dict[str, Any]:
    return await create_invoice(api, status="unpaid", purchase_order="PO-9")


async def test_the_organisation(api: Api) -> None:
    assert not differences(
        sample("organization.get.json"), await api.take("GET", "/v2/organization")
    )


async def test_the_membership(api: Api) -> None:
    assert not differences(sample("membership.get.json"), await api.take("GET", "/v2/membership"))


async def test_the_accounts(api: Api) -> None:
    expected = sample("bank_accounts.list.json")
    served = await api.take("GET", "/v2/bank_accounts")
    assert not differences(expected, served)
    for one in expected["bank_accounts"]:
        assert not differences(one, served["bank_accounts"][0])
    single = await api.take("GET", f"/v2/bank_accounts/{served['bank_accounts'][0]['id']}")
    assert not differences(sample("bank_account.get.json"), single)


@pytest.mark.parametrize("country", ["german", "italian", "spanish"])
async def test_organisations_of_every_country_have_one_shape(api: Api, country: str) -> None:
    served = await api.take("GET", "/v2/organization")
    assert not differences(sample(f"organization.{country}.json"), served)


async def test_the_members(api: Api) -> None:
    served = await api.take("GET", "/v2/memberships")
    expected = sample("memberships.list.json")
    assert not differences(expected, served)
    for one in expected["memberships"]:
        assert not differences(one, served["memberships"][0])


async def test_transactions_of_each_kind(api: Api) -> None:
    account = (await api.take("GET", "/v2/bank_accounts"))["bank_accounts"][0]
    statuses = ["completed", "pending", "declined"]
    params = {"bank_account_id": account["id"], "status[]": statuses}
    served = await api.take("GET", "/v2/transactions", params=params)
    expected = sample("transactions.list.json")
    assert not differences({**expected, "transactions": []}, {**served, "transactions": []})
    kinds = {(one["operation_type"], one["status"]): one for one in served["transactions"]}
    singles = ("card", "own_transfer", "income", "direct_debit", "fee", "pending", "declined")
    for name in singles:
        one = sample(f"transaction.{name}.json")["transaction"]
        assert not differences(one, kinds[one["operation_type"], one["status"]]), name


async def test_a_client_invoice_that_was_submitted(api: Api) -> None:
    invoice = await drafted(api)
    await api.take("POST", "/_simulator/clock", json={"advance": 12})
    await api.take("POST", f"/v2/client_invoices/{invoice['id']}/send_by_einvoice", 204)
    await api.take("POST", "/_simulator/clock", json={"advance": 60})
    served = {"client_invoice": await get_invoice(api, invoice["id"])}
    assert served["client_invoice"]["einvoicing_lifecycle_events"]
    assert not differences(sample("client_invoice.get.json"), served)


async def test_the_list_of_client_invoices_and_each_kind_in_it(api: Api) -> None:
    expected = sample("client_invoices.list.json")
    served = await api.take("GET", "/v2/client_invoices")
    assert not differences(expected, served)
    by_status = {one["status"]: one for one in served["client_invoices"]}
    for one in expected["client_invoices"]:
        assert not differences(one, by_status[one["status"]])


async def test_a_draft_without_lines_has_null_items_and_a_temporary_number(api: Api) -> None:
    expected = sample("client_invoices.list.json")["client_invoices"][-1]
    served = (await api.take("GET", "/v2/client_invoices", params={"filter[status]": "draft"}))[
        "client_invoices"
    ]
    empty = next(one for one in served if one["items"] is None)
    for key in ("items", "total_amount_cents", "attachment_id", "paid_at", "finalized_at"):
        assert empty[key] == expected[key], key
    assert empty["invoice_url"] == expected["invoice_url"]
    assert empty["number"].endswith("-PROFORMA")


async def test_supplier_invoices_read_and_unread(api: Api) -> None:
    expected = sample("supplier_invoices.list.json")
    served = await api.take("GET", "/v2/supplier_invoices")
    assert not differences(expected, served)
    unread = next(one for one in served["supplier_invoices"] if one["analyzed_at"] is None)
    assert not differences(expected["supplier_invoices"][1], unread)
    for key, value in expected["supplier_invoices"][1].items():
        if value is None:
            assert unread[key] is None, key
    one = await api.take("GET", f"/v2/supplier_invoices/{unread['id']}")
    assert not differences(sample("supplier_invoice.get.json"), one)


async def test_the_mixed_answer_to_a_bulk_upload(api: Api) -> None:
    files = [
        ("supplier_invoices[][file]", ("scan.png", b"\x89PNG\r\n\x1a\n....", "image/png")),
        ("supplier_invoices[][idempotency_key]", (None, str(uuid.uuid4()))),
        ("supplier_invoices[][file]", ("x.exe", b"MZ", "application/octet-stream")),
        ("supplier_invoices[][idempotency_key]", (None, str(uuid.uuid4()))),
    ]
    await api.take("POST", "/_simulator/quirks", json={"indexed_bulk_pointers": True})
    served = await api.take("POST", "/v2/supplier_invoices/bulk", files=files)
    expected = sample("supplier_invoices.bulk.mixed.json")
    assert not differences(expected, served)
    assert served["errors"] == expected["errors"]


async def test_an_attachment_and_an_upload(api: Api) -> None:
    invoice = (await api.take("GET", "/v2/client_invoices", params={"filter[status]": "paid"}))[
        "client_invoices"
    ][0]
    served = await api.take("GET", f"/v2/attachments/{invoice['attachment_id']}")
    expected = sample("attachment.get.json")
    assert not differences(expected, served)
    assert served["attachment"]["file_size"].isdecimal()
    upload = await api.take(
        "POST",
        "/v2/attachments",
        files={"file": ("a.pdf", b"%PDF-1.7", "application/pdf")},
        headers={"X-Qonto-Idempotency-Key": str(uuid.uuid4())},
    )
    assert not differences(sample("attachment.upload.json"), upload)


async def test_credit_notes(api: Api) -> None:
    served = await api.take("GET", "/v2/credit_notes")
    assert served["credit_notes"]
    one = await api.take("GET", f"/v2/credit_notes/{served['credit_notes'][0]['id']}")
    assert set(one) == {"credit_note"}
    assert not differences(sample("credit_note.german.json"), one)


async def test_quotes_in_every_state(api: Api) -> None:
    expected = sample("quotes.list.json")
    served = await api.take("GET", "/v2/quotes")
    assert not differences(expected, served)
    by_status = {one["status"]: one for one in served["quotes"]}
    for one in expected["quotes"]:
        assert not differences(one, by_status[one["status"]])
    waiting = await api.take("GET", f"/v2/quotes/{by_status['pending_approval']['id']}")
    assert not differences(sample("quote.get.json")["quote"], waiting)


async def test_quotes_in_percent(api: Api) -> None:
    await api.take("POST", "/_simulator/quirks", json={"percent_vat_on_quotes": True})
    quote = (await api.take("GET", "/v2/quotes"))["quotes"][0]
    assert not differences(sample("quote.percent.json"), {"quote": quote})
    assert sample("quote.percent.json")["quote"]["items"][0]["vat_rate"] == "20"
    assert quote["items"][0]["vat_rate"] == "20"


async def test_products(api: Api) -> None:
    served = await api.take("GET", "/v2/products")
    assert not differences(sample("products.list.json"), served)
    assert not differences(sample("product.get.json"), {"product": served["products"][0]})


async def test_clients_companies_and_persons(api: Api) -> None:
    expected = sample("clients.list.json")
    served = await api.take("GET", "/v2/clients")
    assert not differences(expected["meta"], served["meta"])
    by_kind = {one["kind"]: one for one in served["clients"]}
    for one in expected["clients"]:
        known = by_kind["company" if one["kind"] == "company" else "individual"]
        assert not differences(one, known)
    single = await api.take("GET", f"/v2/clients/{by_kind['individual']['id']}")
    assert not differences(sample("client.individual.json"), single)


@pytest.mark.covers("QX-11")
async def test_webhook_subscriptions(api: Api) -> None:
    made = await subscribe(api, "v1/client-invoices", "v1/consent-revocations")
    assert not differences(sample("webhook_subscription.create.201.json"), made)
    served = await api.take("GET", "/v2/webhook_subscriptions")
    assert not differences(sample("webhook_subscriptions.list.json"), served)


async def test_an_event_of_a_paid_invoice(api: Api, receiver: Receiver) -> None:
    invoice = await drafted(api)
    await subscribe(api, "v1/client-invoices")
    await api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay")
    await api.take("POST", "/_simulator/settle")
    expected = json.loads((SAMPLES / "webhook.client_invoice.updated.body").read_bytes())
    assert not differences(expected, receiver.events[-1])
    assert list(expected) == list(receiver.events[-1])


async def test_an_event_of_a_revoked_consent(api: Api, receiver: Receiver) -> None:
    await subscribe(api, "v1/consent-revocations")
    await api.take("POST", "/_simulator/consents/revoke")
    await api.take("POST", "/_simulator/settle")
    assert not differences(sample("webhook.consent_revocation.json"), receiver.events[-1])


async def test_tokens_and_an_invalid_grant(anybody: Api, sim: Simulator) -> None:
    tokens = await link(anybody, sim, "offline_access client_invoices.read")
    assert not differences(sample("oauth.token.json"), tokens)
    form = code_form(sim, "ory_ac_unknown")
    refusal = await anybody.take("POST", "/oauth2/token", 400, data=form)
    assert not differences(sample("oauth.error.invalid_grant.json"), refusal)


async def test_errors(api: Api) -> None:
    body = {
        **(await invoice_body(api, number="2026-0042")),
        "expiry_date": "2026-12-20",
        "terms_and_conditions": "x",
    }
    await api.take("POST", "/v2/quotes", 201, json=body)
    taken = await api.take("POST", "/v2/quotes", 409, json=body)
    expected = sample("error.number_taken.json")
    assert not differences(expected, taken)
    assert taken["errors"] == expected["errors"]
    wrong = await api.take("GET", "/v2/client_invoices?filter[status]=overdue", 422)
    assert wrong["errors"] == sample("error.validation.json")["errors"]
    await api.take("POST", "/_simulator/faults", 201, json={"path": "/v2/labels", "kind": "status"})
    unknown = await api.take("GET", "/v2/labels", 500)
    assert unknown["errors"] == sample("error.unknown.json")["errors"]


def test_the_samples_are_from_the_days_the_tests_play_in() -> None:
    created = sample("client_invoice.get.json")["client_invoice"]["created_at"]
    assert created.startswith(f"{NOW.year}-{NOW.month}")
