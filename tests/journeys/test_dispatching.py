"""Documents by template over HTTP, beside what the simulated Qonto then has."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx2
import jsonschema
import pytest
import pytest_asyncio

from connector.app import unlinking
from connector.app.sandbox import Sandbox
from tests.journeys.dispatch_office import CONFIGURATIONS, INVOICE, DispatchOffice, open_office

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

FOREIGN_IBAN = "FR7630006000011234567890189"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(lasting: Sandbox) -> AsyncIterator[DispatchOffice]:
    async with lasting.client() as client:
        yield await open_office(lasting, client)


@pytest_asyncio.fixture(loop_scope="module")
async def office(opened: DispatchOffice) -> DispatchOffice:
    """The same office, with an order of its own."""
    fresh = DispatchOffice(opened.up, opened.client)
    fresh.templates, fresh.configuration = opened.templates, opened.configuration
    return fresh


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(office: DispatchOffice) -> AsyncIterator[httpx2.AsyncClient]:
    """Another vendor."""
    made = await office.up.container.oauth.tenants.create("Stranger")
    async with httpx2.AsyncClient(
        base_url=office.up.api, headers={"X-API-KEY": made.api_key}, trust_env=False
    ) as client:
        yield client


def problems(failed: dict[str, Any]) -> dict[str, str]:
    return {one["field"]: one["code"] for one in failed["errors"]["validationErrors"]}


@pytest.mark.covers("DOC-01")
async def test_qonto_is_a_provider_of_invoicing_and_of_nothing_else(office: DispatchOffice) -> None:
    listed = await office.client.get("/api/configurations/INVOICING/providers")
    (provider,) = listed.json()["data"]["providers"]
    assert (provider["name"], provider["service"]) == ("qonto", "INVOICING")
    for path in ("/api/configurations/SMS/providers", f"{CONFIGURATIONS.replace('INV', 'CON')}"):
        refused = await office.client.get(path)
        assert (refused.status_code, refused.json()["error"]) == (404, "provider_not_offered")
    body = {**office.body("INVOICE"), "providerName": "stripe"}
    assert (await office.dispatch(body, 404))["error"] == "provider_not_offered"


@pytest.mark.covers("DOC-08", "DOC-09", "DOC-10", "DOC-12", "DOC-13")
async def test_the_form_is_described_by_a_json_schema(office: DispatchOffice) -> None:
    answer = await office.client.get(f"{CONFIGURATIONS}/config")
    assert answer.status_code == 200
    schema = answer.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    fields = ["qontoLogin", "qontoSecretKey", "defaultIban", "useSandbox", "sandboxHeaderValue"]
    assert list(schema["properties"]) == fields
    assert schema["properties"]["useSandbox"]["default"] is False
    valid = jsonschema.Draft202012Validator(schema).is_valid
    whole = {"qontoLogin": "a", "qontoSecretKey": "b"}
    assert valid(whole) and valid({**whole, "useSandbox": False})
    assert valid({**whole, "useSandbox": True, "sandboxHeaderValue": "t"})
    assert not valid({**whole, "useSandbox": True})
    for name in whole:
        less = {key: value for key, value in whole.items() if key != name}
        assert not valid(less)
        answer = await office.client.post(CONFIGURATIONS, json=less)
        assert answer.status_code == 400 and problems(answer.json()) == {name: "REQUIRED"}


@pytest.mark.covers("DOC-10")
async def test_secrets_are_never_shown_again(
    office: DispatchOffice, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await office.configure(defaultIban=office.books.organisation.main_account.iban)
    path = f"{CONFIGURATIONS}/{made['id']}"
    shown = [await office.client.get(path), await office.client.get(CONFIGURATIONS)]
    secret = office.simulator.secret
    assert made["qontoSecretKey"] == shown[0].json()["data"]["qontoSecretKey"] == "********"
    out = capfd.readouterr()
    assert all(secret not in text for text in (*(one.text for one in shown), caplog.text, *out))
    async with office.up.container.storage.work.reading() as tx:
        (tenant,) = {one.tenant_id for one in await tx.accounts.all()}
        stored = await tx.configurations.get(tenant, made["id"])
    assert stored is not None and secret.encode() not in stored.settings
    # the mask sent back keeps the secret, which is checked at Qonto
    again = await office.client.put(path, json=office.settings(qontoSecretKey="********"))
    assert again.status_code == 200 and again.json()["data"]["accountId"] == made["accountId"]
    assert again.json()["data"]["defaultIban"] is None


@pytest.mark.covers("DOC-11", "GUIDE-72")
async def test_invoices_are_paid_on_one_of_the_organisations_own_accounts(
    office: DispatchOffice,
) -> None:
    accounts = len(await _accounts(office))
    refused = await office.configure(400, defaultIban=FOREIGN_IBAN)
    assert problems(refused) == {"defaultIban": "NOT_ONES_OWN"}
    assert len(await _accounts(office)) == accounts  # nothing was linked for it
    organisation = office.books.organisation
    assert len(organisation.bank_accounts) > 1
    other = next(one for one in organisation.bank_accounts if not one.main)
    spaced = " ".join(other.iban[at : at + 4] for at in range(0, len(other.iban), 4))
    chosen = await office.configure(defaultIban=spaced.lower())
    made = await office.dispatch({**office.body("INVOICE"), "configurationId": chosen["id"]})
    assert office.books.client_invoices.get(made["documentId"]).iban == other.iban
    made = await office.dispatch(office.body("INVOICE"))  # omitted: the main account
    main = organisation.main_account.iban
    assert office.books.client_invoices.get(made["documentId"]).iban == main
    several = list(organisation.bank_accounts)
    organisation.bank_accounts[:] = [other]
    try:  # omitted, and there is one account only
        alone = await office.configure()
        made = await office.dispatch({**office.body("INVOICE"), "configurationId": alone["id"]})
        assert office.books.client_invoices.get(made["documentId"]).iban == other.iban
    finally:
        organisation.bank_accounts[:] = several


@pytest.mark.covers("DOC-03", "DOC-15")
async def test_an_invoice_is_made_finalized_and_given_its_file(office: DispatchOffice) -> None:
    before = len(office.sent("POST", "/v2/client_invoices"))
    made = await office.dispatch(office.body("INVOICE"))
    posts = office.sent("POST", "/v2/client_invoices")[before:]
    assert posts == ["/v2/client_invoices", f"/v2/client_invoices/{made['documentId']}/finalize"]
    invoice = office.books.client_invoices.get(made["documentId"])
    assert (invoice.number, invoice.purchase_order) == (made["documentNumber"], office.reference)
    assert (made["status"], made["totalAmount"]) == ("OPEN", "1440.00")
    assert made["fileId"] == invoice.attachment_id and made["taskStatus"] == "SUCCESS"


@pytest.mark.covers("DOC-04")
async def test_an_e_invoice_goes_through_the_network_or_is_not_made(office: DispatchOffice) -> None:
    office.customer.e_invoicing_reachable = True
    made = await office.dispatch(office.body("E_INVOICE"))
    begins = f"/v2/client_invoices/{made['documentId']}"
    assert office.sent("POST", begins) == [f"{begins}/finalize", f"{begins}/send_by_einvoice"]
    assert made["eInvoicingStatus"] == "PENDING"
    count = len(office.sent("POST", "/v2/client_invoices"))
    office.customer.e_invoicing_reachable = False
    try:
        refused = await office.dispatch(office.body("E_INVOICE"), 400)
    finally:
        office.customer.e_invoicing_reachable = True
    assert problems(refused) == {"contactId": "NOT_REACHABLE"}
    assert len(office.sent("POST", "/v2/client_invoices")) == count


@pytest.mark.covers("DOC-05")
async def test_a_quote_is_made_and_sent_when_it_says_to_whom(office: DispatchOffice) -> None:
    before = len(office.sent("POST", "/v2/quotes"))
    made = await office.dispatch(office.body("QUOTE"))
    assert office.sent("POST", "/v2/quotes")[before:] == ["/v2/quotes"]
    assert made["isSent"] is False and made["totalAmount"] == "1440.00"
    sent = await office.dispatch(office.body("QUOTE", to="buyer@lune.example"), key="quote-1")
    own = f"/v2/quotes/{sent['documentId']}/send"
    assert sent["isSent"] is True
    assert office.sent("POST", "/v2/quotes")[before + 1 :] == ["/v2/quotes", own]
    again = await office.dispatch(office.body("QUOTE", to="buyer@lune.example"), key="quote-1")
    assert again == sent and len(office.sent("POST", "/v2/quotes")) == before + 3


@pytest.mark.covers("DOC-06")
async def test_a_credit_note_corrects_the_invoice_it_names(office: DispatchOffice) -> None:
    invoice = (await office.dispatch(office.body("INVOICE")))["documentId"]
    before = len(office.sent("POST", "/v2/credit_notes"))
    items = [{"name": "Consulting", "quantity": 1, "price": 600}]
    made = await office.dispatch(office.body("CREDIT", invoice=invoice, items=items))
    assert office.sent("POST", "/v2/credit_notes")[before:] == ["/v2/credit_notes"]
    assert office.books.credit_notes.get(made["documentId"]).invoice_id == invoice
    refused = await office.dispatch(office.body("CREDIT"), 400)
    assert problems(refused) == {"invoiceId": "REQUIRED"}
    assert len(office.sent("POST", "/v2/credit_notes")) == before + 1


@pytest.mark.covers("DOC-07", "DOC-15")
async def test_what_is_wrong_with_a_request_is_named(office: DispatchOffice) -> None:
    sent = len(office.simulator.control.journal(limit=1000))
    unknown = await office.dispatch({**office.body("INVOICE"), "documentType": "RECEIPT"}, 400)
    (problem,) = unknown["errors"]["validationErrors"]
    assert problem["field"] == "documentType"
    assert all(
        f"'{kind}'" in problem["message"] for kind in ("INVOICE", "E_INVOICE", "QUOTE", "CREDIT")
    )
    nameless = {**office.body("INVOICE"), "template": {"data": {}}}
    assert problems(await office.dispatch(nameless, 400)) == {"template.id": "REQUIRED"}
    wrong = {**office.body("INVOICE"), "template": {"id": office.templates["QUOTE"], "data": {}}}
    assert problems(await office.dispatch(wrong, 400)) == {"documentType": "TEMPLATE_OF_OTHER_TYPE"}
    less = office.body("INVOICE")
    del less["template"]["data"]["customer"]
    assert problems(await office.dispatch(less, 400)) == {"content.contactId": "TEMPLATE_DATA"}
    mails = await office.store("INVOICE", {**INVOICE, "email": {"recipients": [], "subject": "a"}})
    body = office.body("INVOICE")
    body["template"]["id"] = mails
    assert problems(await office.dispatch(body, 400)) == {"email": "NOT_ALLOWED"}
    assert len(office.simulator.control.journal(limit=1000)) == sent


async def test_the_same_key_makes_one_document(office: DispatchOffice) -> None:
    before = len(office.sent("POST", "/v2/client_invoices"))
    first = await office.dispatch(office.body("INVOICE"), key="order-1")
    assert await office.dispatch(office.body("INVOICE"), key="order-1") == first
    assert len(office.sent("POST", "/v2/client_invoices")) == before + 2
    reused = await office.dispatch(office.body("INVOICE", reference="other"), 409, key="order-1")
    assert reused["error"] == "idempotency_key_reused"
    answer = await office.client.post("/api/invoicing", json=office.body("QUOTE"))
    assert "No Idempotency-Key was sent" in answer.json()["meta"]["warnings"][-1]


async def test_a_dry_run_checks_all_and_makes_nothing(office: DispatchOffice) -> None:
    before = len(office.sent("POST", "/v2/"))
    for kind, total in (("INVOICE", 1440), ("QUOTE", 1440)):
        checked = await office.dispatch(office.body(kind), 200, path="/validate")
        assert checked["isValid"] and Decimal(f"{_total(checked['expected'])}") == total
    wrong = office.body("INVOICE", customer="01a05667-3700-7a75-8e7a-e618b1f2798e")
    refused = await office.dispatch(wrong, 400, path="/validate")
    assert "contactId" in problems(refused)
    assert len(office.sent("POST", "/v2/")) == before


async def test_a_vendor_that_confirms_acts_confirms_these(office: DispatchOffice) -> None:
    tenants = office.up.container.oauth.tenants
    tenant = next(one for one in await tenants.all() if one.name == "Sandbox")
    await tenants.demand_confirmation(tenant)
    try:
        refused = await office.dispatch(office.body("INVOICE"), 409)
        assert refused["error"] == "confirmation_required"
        checked = await office.dispatch(office.body("INVOICE"), 200, path="/validate")
        headers = {"Confirmation-Token": checked["confirmationToken"]}
        body = office.body("INVOICE")
        made = await office.client.post("/api/invoicing", json=body, headers=headers)
        assert made.status_code == 201, made.text
        mailed = await office.dispatch(office.body("QUOTE", to="a@lune.example"), 409)
        assert "Leave out `email`" in mailed["errors"]["message"]
    finally:
        await tenants.demand_confirmation(tenant, False)


@pytest.mark.covers("DOC-19")
async def test_the_sandbox_without_its_token_is_never_called(office: DispatchOffice) -> None:
    office.staging.reset()
    calls = len(office.simulator.control.journal(limit=1000))
    made = await office.configure(useSandbox=True)
    assert (made["isComplete"], made["accountId"]) == (False, None)
    for path in ("", "/validate"):
        body = {**office.body("INVOICE"), "configurationId": made["id"]}
        refused = await office.dispatch(body, 417, path=path)
        assert refused["error"] == "expectation_failed"
        assert "sandboxHeaderValue" in refused["errors"]["message"]
    assert office.staging.control.journal() == []
    assert len(office.simulator.control.journal(limit=1000)) == calls


@pytest.mark.covers("DOC-02", "DOC-14")
async def test_the_switch_alone_decides_which_qonto_is_called(office: DispatchOffice) -> None:
    staging = office.staging
    staging.reset()
    staging.control.set_quirks(pdf_delay=0.0)
    made = await office.configure()
    body = {**office.body("INVOICE"), "configurationId": made["id"]}
    await office.dispatch(body)
    assert staging.control.journal() == []
    production = office.simulator.control.journal(limit=1000)
    assert not any("x-qonto-staging-token" in one["headers"] for one in production)
    token = staging.staging_token
    settings = office.settings(useSandbox=True, sandboxHeaderValue=token)
    path = f"{CONFIGURATIONS}/{made['id']}"
    switched = await office.client.put(path, json=settings)
    assert switched.status_code == 200, switched.text
    assert switched.json()["data"]["sandboxHeaderValue"] == "********"
    office.simulator.reset()
    office.simulator.control.set_quirks(pdf_delay=0.0)
    customer = next(iter(staging.world.first.clients)).id
    for kind in ("INVOICE", "QUOTE"):
        data = office.body(kind, customer=customer)
        await office.dispatch({**data, "configurationId": made["id"]})
    assert office.simulator.control.journal() == []
    calls = [one for one in staging.control.journal(limit=1000) if one["path"].startswith("/v2/")]
    assert calls and all("x-qonto-staging-token" in one["headers"] for one in calls)
    back = await office.client.put(path, json=office.settings())
    assert back.json()["data"]["accountId"] == made["accountId"]


@pytest.mark.covers("DOC-18")
async def test_a_key_that_qonto_refuses_is_told_apart_from_ones_own(
    office: DispatchOffice,
) -> None:
    made = await office.configure()
    organisation = office.books.organisation
    body = {**office.body("INVOICE"), "configurationId": made["id"]}
    try:
        office.books.organisation = replace(organisation, secret_key="rotated")
        for path in ("", "", "/validate"):
            refused = await office.dispatch(body, 401, path=path)
            assert refused["error"] == "provider_authentication_failed"
            assert "Qonto refused" in refused["errors"]["message"]
            assert "qontoSecretKey" in refused["errors"]["message"]
        assert (await office.configure(401))["error"] == "provider_authentication_failed"
        async with httpx2.AsyncClient(base_url=office.up.api, trust_env=False) as nobody:
            own = await nobody.post("/api/invoicing", json=body)
        assert (own.status_code, own.json()["error"]) == (401, "unauthorized_user")
        assert "WWW-Authenticate" in own.headers
    finally:
        office.books.organisation = organisation
    path = f"{CONFIGURATIONS}/{made['id']}"
    assert (await office.client.put(path, json=office.settings())).status_code == 200
    await office.dispatch(body)


async def test_nobody_uses_what_is_anothers(
    office: DispatchOffice, stranger: httpx2.AsyncClient
) -> None:
    template, configuration = office.templates["INVOICE"], office.configuration
    own = {"name": "own", "documentType": "INVOICE", "content": INVOICE}
    whole = f"{CONFIGURATIONS}/{configuration}"
    for method, path, body in (
        ("GET", f"/api/templates/{template}", None),
        ("PUT", f"/api/templates/{template}", own),
        ("DELETE", f"/api/templates/{template}", None),
        ("POST", f"/api/templates/{template}/preview", {"data": {}}),
        ("GET", whole, None),
        ("PUT", whole, office.settings()),
        ("DELETE", whole, None),
        ("POST", "/api/invoicing", office.body("INVOICE")),
    ):
        answer = await stranger.request(method, path, json=body)
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await stranger.get("/api/templates")).json()["data"]["templates"] == []
    assert (await stranger.get(CONFIGURATIONS)).json()["data"]["configurations"] == []
    # with a template of its own, a configuration of another is as unknown
    number = (await stranger.post("/api/templates", json=own)).json()["data"]["id"]
    body = office.body("INVOICE")
    body["template"]["id"] = number
    assert (await stranger.post("/api/invoicing", json=body)).status_code == 404
    del body["configurationId"]
    told = await stranger.post("/api/invoicing", json=body)
    assert told.status_code == 404 and "configured" in told.json()["errors"]["message"]
    await office.dispatch(office.body("INVOICE"), 200, path="/validate")


async def test_a_template_is_stored_looked_at_changed_and_deleted(office: DispatchOffice) -> None:
    content = {**INVOICE, "taxNote": "{{ note }}"}
    sample = {**office.body("INVOICE")["template"]["data"], "note": "a"}
    body = {"name": "fee", "documentType": "INVOICE", "content": content, "sampleData": sample}
    made = await office.client.post("/api/templates", json=body)
    assert made.status_code == 201 and made.json()["data"]["content"] == content
    path = f"/api/templates/{made.json()['data']['id']}"
    preview = await office.client.post(f"{path}/preview", json={"data": sample})
    assert preview.json()["data"]["document"]["taxNote"] == "a"
    (warning,) = preview.json()["meta"]["warnings"]
    assert "taxNote" in warning
    lacking = await office.client.put(path, json={**body, "content": {"contactId": "a"}})
    assert problems(lacking.json()) == {"lineItems": "REQUIRED"}
    changed = await office.client.put(path, json={**body, "content": INVOICE, "name": "new"})
    assert changed.json()["data"]["name"] == "new"
    assert (await office.client.delete(path)).status_code == 200
    for method in ("GET", "DELETE"):
        assert (await office.client.request(method, path)).status_code == 404
    assert (await office.client.get("/api/templates/١")).status_code == 404
    again = await office.client.post("/api/templates", json=body)
    assert again.json()["data"]["id"] > made.json()["data"]["id"]  # no number is given twice


async def test_a_configuration_ends_with_its_links(
    office: DispatchOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlinking, "SETTLED_AFTER", 0.0)
    made = await office.configure()
    body = office.body("INVOICE")
    del body["configurationId"]
    assert problems(await office.dispatch(body, 400)) == {"configurationId": "REQUIRED"}
    path = f"{CONFIGURATIONS}/{made['id']}"
    assert (await office.client.delete(path)).status_code == 200
    assert (await office.client.get(path)).status_code == 404
    status = {one.id: one.status for one in await _accounts(office)}
    assert status[made["accountId"]] == "REVOKED"
    await office.dispatch({**body, "configurationId": made["id"]}, 404)


async def _accounts(office: DispatchOffice) -> list[Any]:
    async with office.up.container.storage.work.reading() as tx:
        return list(await tx.accounts.all())


def _total(expected: dict[str, Any]) -> Any:
    return next(expected[name] for name in ("totalAmount", "totalGrossAmount") if name in expected)
