"""What is served has the keys of the documented examples, no more and no fewer, at every depth.

The examples were made from Qonto's documentation and lie in ``samples``; where the page of an
endpoint lists a key that its example lacks, ``BESIDES`` names it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from qonto_simulator import Simulator

from .made_elsewhere import cii, pdf, ubl
from .paying import (
    BULKS,
    INTERNAL,
    TOKEN,
    TRANSFERS,
    accounts,
    keyed,
    pay,
    quirks,
    transfer_body,
)
from .support import (
    Api,
    Receiver,
    code_form,
    create_invoice,
    get_invoice,
    invoice_body,
    link,
    subscribe,
)

SAMPLES = Path(__file__).parent / "samples"

BESIDES: dict[str, set[str]] = {
    "client.get.json": {"client/phone_number"},
    "credit_note.get.json": {
        "credit_note/organization_id",
        "credit_note/reason",
        "credit_note/updated_at",
        "credit_note/discount",
    },
    "quote.create.201.json": {"updated_at"},
    "error.vop.504.json": {"trace_id"},
}
"""Documented in the list of an object's fields, though not in its example."""


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text("utf-8"))


def keys(document: object, path: str = "") -> set[str]:
    """The paths of all keys; of a list its first entry counts."""
    if isinstance(document, list):
        entries = cast("list[object]", document)
        return keys(entries[0], path) if entries else set()
    if not isinstance(document, dict):
        return set()
    found: set[str] = set()
    for key, value in cast("dict[str, object]", document).items():
        here = f"{path}/{key}" if path else key
        found |= {here} | keys(value, here)
    return found


def emptied(document: object, path: str = "") -> set[str]:
    """Where there is nothing, or a list without entries: what is below is not known there."""
    if document is None or document in ("", []):
        return {path}
    if isinstance(document, list):
        return emptied(cast("list[object]", document)[0], path)
    if not isinstance(document, dict):
        return set()
    items = cast("dict[str, object]", document).items()
    return {one for key, value in items for one in emptied(value, f"{path}/{key}".strip("/"))}


def known(paths: set[str], unknown: set[str]) -> set[str]:
    return {one for one in paths if not any(one.startswith(f"{each}/") for each in unknown)}


class World:
    """A simulator to ask, and what it sent to its subscribers."""

    def __init__(self, api: Api, anybody: Api, sim: Simulator, receiver: Receiver) -> None:
        self.api = api
        self.anybody = anybody
        self.sim = sim
        self.receiver = receiver

    async def wait(self, seconds: int = 60) -> None:
        await self.api.take("POST", "/_simulator/clock", json={"advance": seconds})

    async def event(self) -> Any:
        await self.api.take("POST", "/_simulator/settle")
        return self.receiver.events[-1]


@pytest.fixture
def world(api: Api, anybody: Api, sim: Simulator, receiver: Receiver) -> World:
    return World(api, anybody, sim, receiver)


Served = Callable[[World], Awaitable[Any]]
SERVED: dict[str, Served] = {}


def serves(name: str) -> Callable[[Served], Served]:
    def note(ask: Served) -> Served:
        SERVED[name] = ask
        return ask

    return note


@serves("organization.get.json")
async def _organization(world: World) -> Any:
    return await world.api.take("GET", "/v2/organization")


@serves("membership.get.json")
async def _membership(world: World) -> Any:
    return await world.api.take("GET", "/v2/membership")


@serves("einvoicing.settings.json")
async def _settings(world: World) -> Any:
    return await world.api.take("GET", "/v2/einvoicing/settings")


@serves("client.get.json")
async def _client(world: World) -> Any:
    body = sample("client.get.json")["client"]
    made = (await world.api.take("POST", "/v2/clients", json=body))["client"]
    return await world.api.take("GET", f"/v2/clients/{made['id']}")


async def _submitted(world: World) -> str:
    invoice = await create_invoice(
        world.api, status="unpaid", performance_start_date="2026-10-01", purchase_order="PO-9"
    )
    await world.api.take("POST", f"/v2/client_invoices/{invoice['id']}/send_by_einvoice", 204)
    await world.wait()
    return invoice["id"]


@serves("client_invoice.get.json")
async def _invoice(world: World) -> Any:
    return {"client_invoice": await get_invoice(world.api, await _submitted(world))}


@serves("client_invoices.list.json")
async def _invoices(world: World) -> Any:
    await _submitted(world)
    return await world.api.take("GET", "/v2/client_invoices")


@serves("client_invoice.lifecycle.refused.json")
async def _refused(world: World) -> Any:
    id = await _submitted(world)
    refusal = {"code": 210, "reason": "DOUBLON"}
    await world.api.take("POST", f"/_simulator/invoices/{id}/einvoice", json=refusal)
    invoice = await get_invoice(world.api, id)
    assert invoice["einvoicing_status"] == "declined"
    codes = [event["status_code"] for event in invoice["einvoicing_lifecycle_events"]]
    assert codes == [200, 201, 202, 210]
    return {name: invoice[name] for name in ("einvoicing_status", "einvoicing_lifecycle_events")}


@serves("credit_note.get.json")
async def _credit_note(world: World) -> Any:
    invoice = await create_invoice(world.api, status="unpaid")
    body = {**sample("credit_note.create.request.json"), "invoice_id": invoice["id"]}
    made = (await world.api.take("POST", "/v2/credit_notes", json=body))["credit_note"]
    return await world.api.take("GET", f"/v2/credit_notes/{made['id']}")


@serves("quote.create.201.json")
async def _quote(world: World) -> Any:
    client = (await invoice_body(world.api))["client_id"]
    body = {**sample("quote.create.request.json"), "client_id": client}
    made = await world.api.take("POST", "/v2/quotes", 201, json=body)
    assert await world.api.take("GET", f"/v2/quotes/{made['id']}") == made
    return made


@serves("supplier_invoice.get.json")
async def _bill(world: World) -> Any:
    await world.api.take("POST", "/_simulator/supplier_invoices", 201, json={})
    await world.wait()
    listed = await world.api.take("GET", "/v2/supplier_invoices")
    id = listed["supplier_invoices"][0]["id"]
    return await world.api.take("GET", f"/v2/supplier_invoices/{id}")


@serves("supplier_invoices.list.json")
async def _bills(world: World) -> Any:
    return await world.api.take("GET", "/v2/supplier_invoices")


async def _e_invoice(world: World) -> str:
    """A French e-invoice that waits for a review."""
    found = await world.api.take(
        "GET", "/v2/supplier_invoices", params={"filter[source][]": "e_invoicing"}
    )
    id = next(one["id"] for one in found["supplier_invoices"] if one["status"] == "paid")
    await world.api.take("POST", f"/v2/supplier_invoices/{id}/unmark_as_paid")
    return id


@serves("supplier_invoice.reject.json")
async def _rejected(world: World) -> Any:
    path = f"/v2/supplier_invoices/{await _e_invoice(world)}/reject"
    bill = await world.api.take("POST", path, json=sample("supplier_invoice.reject.request.json"))
    event = bill["einvoicing_lifecycle_events"][-1]
    assert (event["status_code"], event["reason"]) == (210, "DOUBLON")
    assert bill["status"] == "rejected"
    return bill


@serves("error.supplier_invoice.reject.422.json")
async def _rejected_without_reason(world: World) -> Any:
    path = f"/v2/supplier_invoices/{await _e_invoice(world)}/reject"
    note = {"supplier_invoice": {"declined_note": "Facture deja recue"}}
    return await world.api.take("POST", path, 422, json=note)


@serves("supplier_invoices.bulk.mixed.json")
async def _bulk_of_bills(world: World) -> Any:
    files = [
        ("supplier_invoices[][file]", ("scan.png", b"\x89PNG\r\n\x1a\n....", "image/png")),
        ("supplier_invoices[][idempotency_key]", (None, str(uuid.uuid4()))),
        ("supplier_invoices[][file]", ("x.exe", b"MZ", "application/octet-stream")),
        ("supplier_invoices[][idempotency_key]", (None, str(uuid.uuid4()))),
    ]
    return await world.api.take("POST", "/v2/supplier_invoices/bulk", files=files)


@serves("client_invoices.bulk.json")
async def _import(world: World) -> Any:
    contents = {"facture-EXT-014.pdf": pdf(cii()), "EXT-015.xml": ubl()}
    files = [("client_invoices", one) for one in contents.items()]
    return await world.api.take("POST", "/v2/client_invoices/bulk", files=files)


async def _invoice_upload(world: World) -> Any:
    file = {"client_invoices_upload": ("conditions.pdf", b"%PDF-1.7", "application/pdf")}
    return await world.api.take("POST", "/v2/client_invoices/uploads", files=file)


serves("client_invoice_upload.create.json")(_invoice_upload)


@serves("client_invoice_upload.get.json")
async def _known_invoice_upload(world: World) -> Any:
    id = (await _invoice_upload(world))["client_invoice_upload"]["id"]
    return await world.api.take("GET", f"/v2/client_invoices/uploads/{id}")


@serves("sepa.beneficiary.create.201.json")
async def _beneficiary(world: World) -> Any:
    expected = sample("sepa.beneficiary.create.201.json")
    key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
    path = "/v2/sepa/beneficiaries"
    made = await world.api.take("POST", path, 201, json=expected, headers=key)
    changing = ("id", "created_at", "updated_at")
    shown, told = made["beneficiary"], expected["beneficiary"]
    assert [(key, shown[key]) for key in told if key not in changing] == [
        (key, told[key]) for key in told if key not in changing
    ]
    return made


@serves("sepa.verify_payee.json")
async def _verified(world: World) -> Any:
    listed = (await world.api.take("GET", "/v2/sepa/beneficiaries"))["beneficiaries"]
    body = {"beneficiary_name": listed[0]["name"].upper(), "iban": listed[0]["iban"]}
    return await world.api.take("POST", "/v2/sepa/verify_payee", json=body)


def _bulk_verification() -> dict[str, Any]:
    requests = sample("sepa.bulk_verify_payee.json")["requests"]
    asked = ("id", "beneficiary_name", "iban")
    return {"requests": [{key: one[key] for key in asked} for one in requests]}


@serves("sepa.bulk_verify_payee.json")
async def _verified_in_bulk(world: World) -> Any:
    expected, asked = sample("sepa.bulk_verify_payee.json"), _bulk_verification()
    known = {"iban": asked["requests"][0]["iban"], "holder": "Imprimerie Rochet"}
    slow = {
        "iban": asked["requests"][1]["iban"],
        "outcome": "GATEWAY_TIMEOUT_ERROR_RESPONDING_BANK",
    }
    for payee in (known, slow):
        await world.api.take("POST", "/_simulator/payees", json=payee)
    served = await world.api.take("POST", "/v2/sepa/bulk_verify_payee", json=asked)
    assert served["requests"] == expected["requests"]
    return served


@serves("error.vop.504.json")
async def _not_verified(world: World) -> Any:
    expected = sample("error.vop.504.json")
    code = {"code": expected["errors"][0]["code"]}
    await world.api.take("POST", "/_simulator/verifications/refuse", json=code)
    path = "/v2/sepa/bulk_verify_payee"
    served = await world.api.take("POST", path, 504, json=_bulk_verification())
    [shown], [told] = served["errors"], expected["errors"]
    for key in ("status", "code", "title", "detail", "source"):
        assert shown[key] == told[key]
    return served


async def _upload(world: World) -> Any:
    file = {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}
    key = {"X-Qonto-Idempotency-Key": str(uuid.uuid4())}
    return await world.api.take("POST", "/v2/attachments", files=file, headers=key)


serves("attachment.upload.json")(_upload)


@serves("attachment.get.json")
async def _attachment(world: World) -> Any:
    id = (await _upload(world))["attachment"]["id"]
    return await world.api.take("GET", f"/v2/attachments/{id}")


async def _subscription(world: World) -> Any:
    return await subscribe(world.api, "v1/client-invoices", "v1/consent-revocations")


serves("webhook_subscription.create.201.json")(_subscription)


@serves("webhook_subscriptions.list.json")
async def _subscriptions(world: World) -> Any:
    await _subscription(world)
    return await world.api.take("GET", "/v2/webhook_subscriptions")


@serves("webhook.client_invoice.updated.json")
async def _invoice_event(world: World) -> Any:
    invoice = await create_invoice(world.api, status="unpaid")
    await _subscription(world)
    await world.api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay")
    return await world.event()


@serves("webhook.consent_revocation.json")
async def _revocation_event(world: World) -> Any:
    await _subscription(world)
    await world.api.take("DELETE", "/v2/oauth2/consents", 204)
    await world.anybody.take("POST", "/_simulator/settle")
    return world.receiver.events[-1]


@serves("webhook.client.created.json")
async def _client_event(world: World) -> Any:
    await subscribe(world.api, "v1/clients")
    await world.api.take("POST", "/v2/clients", json=sample("client.get.json")["client"])
    return await world.event()


@serves("webhook.product.created.json")
async def _product_event(world: World) -> Any:
    await subscribe(world.api, "v1/products")
    product = {
        "title": "Heure de conseil",
        "type": "service",
        "unit_price": {"value": "100", "currency": "EUR"},
        "vat_rate": "0.2",
        "unit": "hour",
    }
    await world.api.take("POST", "/v2/products", json=product)
    event = await world.event()
    data = event["data"]
    assert (data["unit_price"], data["unit_price_incl_vat"]) == ("100.00", "120.00")
    assert data["vat_rate"] == "0.20"
    return event


@serves("webhook.beneficiary.created.json")
async def _beneficiary_event(world: World) -> Any:
    await subscribe(world.api, "v1/beneficiaries")
    await world.api.take("POST", "/_simulator/beneficiaries", 201, json={})
    return await world.event()


@serves("oauth.token.json")
async def _token(world: World) -> Any:
    return await link(world.anybody, world.sim, "offline_access client_invoices.read")


@serves("oauth.error.invalid_grant.json")
async def _invalid_grant(world: World) -> Any:
    form = code_form(world.sim, "ory_ac_unknown")
    return await world.anybody.take("POST", "/oauth2/token", 400, data=form)


@serves("error.client_invoice.409.json")
async def _number_taken(world: World) -> Any:
    await create_invoice(world.api, number="2026-0042")
    body = await invoice_body(world.api, number="2026-0042")
    return await world.api.take("POST", "/v2/client_invoices", 409, json=body)


@serves("error.client_invoice.422.json")
async def _unknown_client(world: World) -> Any:
    body = await invoice_body(world.api, client_id=str(uuid.uuid4()))
    return await world.api.take("POST", "/v2/client_invoices", 422, json=body)


@serves("error.einvoice.412.json")
async def _unreachable(world: World) -> Any:
    body = {**sample("client.get.json")["client"], "e_invoicing_address": None}
    client = (await world.api.take("POST", "/v2/clients", json=body))["client"]
    assert client["e_invoicing_reachable"] is False
    invoice = await create_invoice(world.api, status="unpaid", client_id=client["id"])
    path = f"/v2/client_invoices/{invoice['id']}/send_by_einvoice"
    return await world.api.take("POST", path, 412)


@serves("error.gateway.401.json")
async def _wrong_token(world: World) -> Any:
    wrong = {"Authorization": "Bearer ory_at_wrong"}
    return await world.anybody.take("GET", "/v2/bank_accounts", 401, headers=wrong)


@serves("error.quote.404.json")
async def _no_quote(world: World) -> Any:
    return await world.api.take("GET", f"/v2/quotes/{uuid.uuid4()}", 404)


@serves("error.number_taken.json")
async def _quote_number_taken(world: World) -> Any:
    client = (await invoice_body(world.api))["client_id"]
    body = {**sample("quote.create.request.json"), "client_id": client, "number": "D-1"}
    await world.api.take("POST", "/v2/quotes", 201, json=body)
    return await world.api.take("POST", "/v2/quotes", 409, json=body)


@serves("error.validation.json")
async def _overdue(world: World) -> Any:
    return await world.api.take("GET", "/v2/client_invoices?filter[status]=overdue", 422)


@serves("error.unknown.json")
async def _unknown(world: World) -> Any:
    fault = {"path": "/v2/labels", "kind": "status"}
    await world.api.take("POST", "/_simulator/faults", 201, json=fault)
    return await world.api.take("GET", "/v2/labels", 500)


@serves("error.webhook_subscription.400.json")
async def _not_https(world: World) -> Any:
    body = {"callback_url": "http://hooks.example/x", "types": ["v1/clients"]}
    return await world.api.take("POST", "/v2/webhook_subscriptions", 400, json=body)


@serves("error.client_invoice.412.json")
async def _not_a_draft(world: World) -> Any:
    invoice = await create_invoice(world.api, status="unpaid")
    return await world.api.take("DELETE", f"/v2/client_invoices/{invoice['id']}", 412)


async def _asked(world: World) -> Any:
    body = await transfer_body(world.api, trusted=False)
    return await world.api.take("POST", TRANSFERS, 428, json=body, headers=keyed())


@serves("sca.428.required.json")
async def _sca_required(world: World) -> Any:
    return await _asked(world)


@serves("sca.428.errors_shape.json")
async def _sca_required_in_errors(world: World) -> Any:
    await quirks(world.api, sca_in_errors=True)
    return await _asked(world)


@serves("sca.session.json")
async def _sca_session(world: World) -> Any:
    token = (await _asked(world))["sca_session_token"]
    return await world.api.take("GET", f"/v2/sca_sessions/{token}")


@serves("sca.412.json")
async def _sca_invalid(world: World) -> Any:
    body, headers = await transfer_body(world.api, trusted=False), keyed(**{TOKEN: "x"})
    return await world.api.take("POST", TRANSFERS, 412, json=body, headers=headers)


@serves("sepa.transfer.get.json")
async def _transfer(world: World) -> Any:
    made = await pay(world.api)
    return await world.api.take("GET", f"{TRANSFERS}/{made['id']}")


@serves("sepa.transfer.declined.json")
async def _declined_transfer(world: World) -> Any:
    made, reason = await pay(world.api), {"reason": "debit_account_insufficient_funds"}
    path = f"/_simulator/transfers/{made['id']}/decline"
    await world.api.take("POST", path, json=reason)
    return await world.api.take("GET", f"{TRANSFERS}/{made['id']}")


async def _bulk(world: World) -> Any:
    request = sample("sepa.transfer.create.request.json")
    body = await transfer_body(world.api)
    line = {**request["transfer"], "beneficiary_id": body["transfer"]["beneficiary_id"]}
    ids = [one["client_transfer_id"] for one in sample("sepa.bulk_transfer.create.json")["results"]]
    lines = [
        {**line, "client_transfer_id": id, "amount": amount}
        for id, amount in zip(ids, ("418.50", "30000.01"), strict=True)
    ]
    sent = {
        "vop_proof_token": body["vop_proof_token"],
        "bank_account_id": body["transfer"]["bank_account_id"],
        "bulk_transfers": lines,
    }
    return await world.api.take("POST", BULKS, json=sent, headers=keyed())


@serves("sepa.bulk_transfer.create.json")
async def _accepted_bulk(world: World) -> Any:
    return await _bulk(world)


@serves("sepa.bulk_transfer.get.json")
async def _checked_bulk(world: World) -> Any:
    made = await _bulk(world)
    await world.wait()
    served = await world.api.take("GET", f"{BULKS}/{made['id']}")
    expected = sample("sepa.bulk_transfer.get.json")["bulk_transfer"]["results"][1]["errors"]
    assert served["bulk_transfer"]["results"][1]["errors"] == expected
    return served


@serves("internal_transfer.create.json")
async def _internal_transfer(world: World) -> Any:
    ours = await accounts(world.api)
    fields = {
        "debit_iban": ours[0]["iban"],
        "credit_iban": ours[1]["iban"],
        "reference": "Provision",
        "amount": "1200.00",
        "currency": "EUR",
    }
    body = {"internal_transfer": fields}
    return await world.api.take("POST", INTERNAL, json=body, headers=keyed())


@serves("request.multi_transfer.create.json")
async def _multi_transfer_request(world: World) -> Any:
    fields = {
        "note": "Bills of the second week",
        "scheduled_date": "2026-11-23",
        "transfers": [
            {
                "amount": "418.50",
                "currency": "EUR",
                "credit_iban": "FR7630006000011234567890189",
                "credit_account_name": "Imprimerie Rochet",
                "credit_account_currency": "EUR",
                "reference": "F-2026-0417",
            }
        ],
    }
    body = {"request_multi_transfer": fields}
    path = "/v2/requests/multi_transfers"
    served = await world.api.take("POST", path, json=body, headers=keyed())
    expected = sample("request.multi_transfer.create.json")
    made = {"id", "initiator_id", "transfers"}
    for name, value in expected["request_multi_transfer"].items():
        assert name in made or served["request_multi_transfer"][name] == value
    return served


WORDED = ("error.vop.504.json", "error.webhook_subscription.400.json")
"""Errors whose example has another id or detail than the case that shows its shape here."""


def test_every_example_is_compared() -> None:
    names = {one.name for one in SAMPLES.iterdir() if not one.name.endswith(".request.json")}
    assert set(SERVED) == names


@pytest.mark.parametrize("name", sorted(SERVED))
async def test_the_keys_are_those_of_the_example(world: World, name: str) -> None:
    expected, served = sample(name), await SERVED[name](world)
    unknown = emptied(expected) | emptied(served)
    if "supplier_invoice" in name:
        # The reasons are only there for what can't be done to this bill.
        unknown |= {one for one in keys(served) | keys(expected) if one.endswith("/reasons")}
    surplus = known(keys(served), unknown) - known(keys(expected), unknown)
    missing = known(keys(expected), unknown) - known(keys(served), unknown)
    assert (missing, surplus) == (set(), BESIDES.get(name, set()))


@pytest.mark.parametrize(
    "name", sorted(one for one in SERVED if one.startswith("error.") and one not in WORDED)
)
async def test_an_error_says_what_its_example_says(world: World, name: str) -> None:
    assert (await SERVED[name](world))["errors"] == sample(name)["errors"]


async def test_the_documented_bodies_of_an_invoice_are_taken(world: World) -> None:
    own = await invoice_body(world.api)
    body = sample("client_invoice.create.request.json") | {
        name: own[name] for name in ("client_id", "payment_methods")
    }
    made = (await world.api.take("POST", "/v2/client_invoices", json=body))["client_invoice"]
    assert made["status"] == body["status"]
    assert {name: made["organization"][name] for name in body["settings"]} == body["settings"]
    path = f"/v2/client_invoices/{made['id']}"
    changed = await world.api.take("PATCH", path, json=body)
    assert changed["client_invoice"] == made
    await world.api.take("POST", f"{path}/finalize")
    mail = sample("client_invoice.send.request.json")
    await world.api.take("POST", f"{path}/send", 204, json=mail)
    [sent] = (await world.api.take("GET", "/_simulator/mails"))["mails"]
    assert (sent["to"], sent["title"]) == (mail["send_to"], mail["email_title"])
