"""What holds for every write, over HTTP, with customers as the example."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connector.api.operation import Permission
from connector.app.sandbox import Sandbox
from tests.journeys.desk import Desk, Failure, at_desk, code, codes, company, other_account

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

UNDONE: tuple[Failure, ...] = ("drop", "html", "status")
DONE: tuple[Failure, ...] = ("lost_response", "malformed")
SETTLED = 61


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    async with at_desk(lasting) as it:
        yield it


def key() -> str:
    return str(uuid.uuid4())


@pytest.mark.covers("MAE-108")
async def test_a_customer_is_made_changed_and_deleted(desk: Desk) -> None:
    """Both ways of changing leave what isn't sent as it was."""
    made = await desk.done("POST", "customers", company("Lune"))
    (client,) = desk.clients("Lune")
    assert (made["id"], made["companyName"], made["taxNumber"]) == (client.id, "Lune", "552100554")
    path = f"customers/{client.id}"
    for method, email in (("PATCH", "books@lune.example"), ("PUT", "pay@lune.example")):
        changed = await desk.done(method, path, {"emailAddresses": [{"email": email}]})
        assert changed["emailAddresses"] == [{"email": email, "type": None}]
        assert changed["addresses"] == made["addresses"] and client.email == email
    assert await desk.done("GET", path) == changed
    assert await desk.done("DELETE", path) == {"id": client.id}
    assert (await desk.ask("GET", path)).status_code == 404
    assert code(await desk.ask("DELETE", path)) == "NOT_FOUND"
    assert desk.clients("Lune") == []


async def test_a_dry_run_says_what_would_come_of_it_and_writes_nothing(desk: Desk) -> None:
    checked = await desk.done("POST", "customers", company("Dry"), dryRun="true")
    assert checked["isValid"] is True and desk.clients("Dry") == []
    refused = await desk.ask("POST", "customers", company("Dry", locale="xx"), dryRun="true")
    assert codes(refused) == {"locale": "NOT_ALLOWED"}
    id = await desk.customer("Dried")
    for method, body in (("PATCH", {"companyName": "Wet"}), ("DELETE", None)):
        assert (await desk.done(method, f"customers/{id}", body, dryRun="1"))["isValid"] is True
        nowhere = await desk.ask(method, f"customers/{uuid.uuid4()}", body, dryRun="1")
        assert nowhere.status_code == 404
    assert len(desk.clients("Dried")) == 1
    assert codes(await desk.ask("POST", "customers", company("Dry"), dryRun="perhaps")) == {
        "dryRun": "NOT_A_BOOLEAN"
    }


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_sent(desk: Desk) -> None:
    before = desk.sent("POST")
    wrong = {
        "contactType": "COMPANY",
        "locale": "xx",
        "currency": "EURO",
        "phoneNumbers": [{"number": "06 12 34 56 78"}],
        "emailAddresses": [{"email": "nobody"}],
    }
    refused = await desk.ask("POST", "customers", wrong)
    assert codes(refused) == {
        "companyName": "REQUIRED",
        "locale": "NOT_ALLOWED",
        "currency": "NOT_ALLOWED",
        "phoneNumbers.0.number": "NOT_A_PHONE_NUMBER",
        "emailAddresses.0.email": "NOT_AN_EMAIL",
    }
    hints = [one.get("hint") for one in refused.json()["errors"]["validationErrors"]]
    assert any("+33" in (hint or "") for hint in hints)
    assert desk.sent("POST") == before


async def test_the_same_key_does_it_once_and_answers_as_then(desk: Desk) -> None:
    own = key()
    first = await desk.ask("POST", "customers", company("Once"), key=own)
    again = await desk.ask("POST", "customers", company("Once"), key=own)
    assert first.status_code == again.status_code == 201
    assert first.json()["data"] == again.json()["data"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(desk.clients("Once")) == 1
    id = first.json()["data"]["id"]
    for _ in range(2):
        assert (await desk.done("DELETE", f"customers/{id}", key=own)) == {"id": id}
    assert desk.clients("Once") == []


async def test_a_key_is_for_one_request(desk: Desk) -> None:
    """Without one, asking twice makes two: Qonto has no rule against equal names."""
    own = key()
    await desk.done("POST", "customers", company("Reused"), key=own)
    other = await desk.ask("POST", "customers", company("Reused", locale="en"), key=own)
    assert (other.status_code, code(other)) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len(desk.clients("Reused")) == 1
    await desk.customer("Reused")
    assert len(desk.clients("Reused")) == 2
    for bad in ("with space", "é", "x" * 256):
        headers = [(b"Idempotency-Key", bad.encode())]
        answer = await desk.client.post("/accounting/customers", json={}, headers=headers)
        assert answer.status_code == 400


async def test_two_at_once_with_one_key_have_one_effect(desk: Desk) -> None:
    own = key()
    desk.control.fault("/v2/clients", "latency", method="POST", latency=0.1)
    answers = await asyncio.gather(
        *(desk.ask("POST", "customers", company("Twice"), key=own) for _ in range(3))
    )
    statuses = sorted(one.status_code for one in answers)
    assert statuses[0] == 201 and set(statuses) <= {201, 409}
    for one in answers:
        if one.status_code == 409:
            assert code(one) == "WRITE_IN_PROGRESS" and one.headers["Retry-After"] == "1"
    assert len(desk.clients("Twice")) == 1


@pytest.mark.parametrize("failure", DONE)
async def test_a_lost_answer_to_a_creation_is_found(desk: Desk, failure: Failure) -> None:
    """With everything that can be said of a customer, a company and a person."""
    address = {"addressLine1": "Rue", "city": "Lyon", "postalCode": "69001", "countryCode": "FR"}
    whole = company(
        f"Found {failure}",
        emailAddresses=[{"email": "A@Found.example"}, {"email": "b@found.example"}],
        phoneNumbers=[{"number": "+33612345678"}],
        vatId="FR40303265045",
        eInvoicingAddress="552100554",
        addresses=[{**address, "type": "BILLING"}, {**address, "type": "DELIVERY"}],
    )
    person = {
        "contactType": "CONTACT_PERSON",
        "contactPersons": [{"firstName": " Ada", "lastName": f"Found {failure}"}],
        "locale": "fr",
    }
    for body in (whole, person):
        before = len(desk.books.clients)
        desk.goes_wrong(failure, method="POST")
        answer = await desk.ask("POST", "customers", body)
        assert answer.status_code == 201, answer.text
        assert len(desk.books.clients) == before + 1
        assert desk.books.clients.get(answer.json()["data"]["id"]) is not None


@pytest.mark.parametrize("failure", UNDONE)
async def test_what_never_came_about_is_done_once_when_asked_again(
    desk: Desk, failure: Failure
) -> None:
    """Too early nobody can tell. Later the same key does it, and then it is done."""
    own, name = key(), f"Undone {failure}"
    desk.goes_wrong(failure, method="POST")
    for _ in range(2):
        answer = await desk.ask("POST", "customers", company(name), key=own)
        assert (answer.status_code, code(answer)) == (502, "OUTCOME_UNKNOWN")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert desk.clients(name) == []
    desk.later(SETTLED)
    made = await desk.done("POST", "customers", company(name), key=own)
    again = await desk.ask("POST", "customers", company(name), key=own)
    assert again.json()["data"]["id"] == made["id"]
    assert [one.id for one in desk.clients(name)] == [made["id"]]


async def test_nothing_is_done_again_while_nobody_can_look(desk: Desk) -> None:
    """The answer was lost, and so were those to the looks for it; asking again finds the record."""
    own = key()
    desk.goes_wrong("lost_response", "/v2/clients", method="POST")
    desk.control.fault("/v2/clients", "status", method="GET", status=503, times=None)
    for _ in range(2):
        answer = await desk.ask("POST", "customers", company("Blind"), key=own)
        assert (answer.status_code, code(answer)) == (502, "OUTCOME_UNKNOWN")
        desk.later(SETTLED)
    desk.control.clear_faults()
    made = await desk.done("POST", "customers", company("Blind"), key=own)
    assert [one.id for one in desk.clients("Blind")] == [made["id"]]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429])
async def test_what_was_refused_leaves_its_key_free(desk: Desk, status: int) -> None:
    own, name = key(), f"Refused {status}"
    desk.goes_wrong("status", method="POST", status=status)
    refused = await desk.ask("POST", "customers", company(name, locale="en"), key=own)
    assert 400 <= refused.status_code < 500 and desk.clients(name) == []
    await desk.done("POST", "customers", company(name), key=own)
    assert len(desk.clients(name)) == 1


@pytest.mark.parametrize("failure", [*DONE, *UNDONE])
async def test_a_change_and_a_deletion_are_repeated_until_they_are_seen(
    desk: Desk, failure: Failure
) -> None:
    id = await desk.customer(f"Changed {failure}")
    desk.goes_wrong(failure, method="PATCH")
    phone = {"phoneNumbers": [{"number": "+352 621 123 456"}], "locale": "de"}
    changed = await desk.done("PATCH", f"customers/{id}", phone)
    assert (changed["locale"], changed["phoneNumbers"][0]["number"]) == ("de", "+352621123456")
    desk.goes_wrong(failure, method="DELETE")
    assert await desk.done("DELETE", f"customers/{id}", key=key()) == {"id": id}
    assert desk.books.clients.get(id) is None


async def test_a_key_that_may_only_read_writes_nothing(desk: Desk) -> None:
    tenant = await desk.up.container.oauth.callers.authenticate(desk.up.api_key)
    keys = desk.up.container.oauth.tenant_keys
    made = await keys.create(tenant, "reads", [Permission.READ])
    own = {"X-API-KEY": made.secret}
    id, before = await desk.customer("Read only"), desk.sent("DELETE")
    for method, path in (("POST", "customers"), ("DELETE", f"customers/{id}")):
        answer = await desk.client.request(method, f"/accounting/{path}", headers=own)
        assert (answer.status_code, code(answer)) == (403, "PERMISSION_DENIED")
    assert desk.sent("DELETE") == before


async def test_nobody_writes_to_another_customers_books(desk: Desk) -> None:
    id = await desk.customer("Mine")
    async with await other_account(desk.up) as other:
        for method, body in (
            ("PATCH", {"locale": "en"}),
            ("PUT", {"locale": "en"}),
            ("DELETE", {}),
        ):
            answer = await other.request(method, f"/accounting/customers/{id}", json=body)
            assert (answer.status_code, code(answer)) == (404, "NOT_FOUND"), answer.text
    (client,) = desk.clients("Mine")
    assert client.locale == "fr"


GARBAGE = (
    *(b"{", b"[]", b"null", b'"text"', b"7", b"\xff\xfe", b"{" * 500, b"[" * 20_000),
    b'{"contactType": "COMPANY", "x":' + b"[" * 900 + b"]" * 900 + b"}",
    *(b'{"contactType": NaN}', b'{"contactType": 1e999999999}', b'{"companyName": "\\u0000"}'),
    *(b'{"contactType": ["COMPANY"]}', b'{"contactType": "COMPANY", "companyName": {}}'),
    *(b'{"contactType": "COMPANY", "addresses": {}}', b'{"contactType": "\\ud800"}'),
)


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
async def test_rubbish_is_refused_in_words(desk: Desk, body: bytes) -> None:
    before = desk.sent("POST")
    id = next(iter(desk.books.clients)).id
    for method, path in (("POST", "customers"), ("PATCH", f"customers/{id}")):
        answer = await desk.ask(method, path, body)
        assert answer.status_code == 400, (method, answer.text)
        assert code(answer) == "VALIDATION_FAILED"
    assert desk.sent("POST") == before


async def test_what_fails_after_an_e_mail_was_sent_sends_no_second_one(desk: Desk) -> None:
    """Qonto answers the sending with nothing, so that the invoice is read once more to be shown."""
    made = desk.control.create_invoice(vat_rate="0.2")["id"]
    body = {"recipients": ["pay@example.com"], "subject": "only one"}
    desk.control.fault(
        f"/v2/client_invoices/{made}", "status", method="GET", status=429, skip=1, times=None
    )
    own = key()
    answer = await desk.ask("POST", f"invoices/{made}/send", body, key=own)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == {"id": made}
    desk.control.clear_faults()
    again = await desk.ask("POST", f"invoices/{made}/send", body, key=own)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [one.title for one in desk.books.mails].count("only one") == 1
