"""Qonto's webhook: the signature, and what an event tells."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.providers.qonto.events import is_signed, read_event, verify
from connector.unified.event import UnreadableEvent, Verdict

DATA = Path(__file__).parent / "data"
BODY = (DATA / "webhook.client_invoice.updated.body").read_bytes()
HEADERS = json.loads((DATA / "webhook.client_invoice.updated.headers.json").read_text())
SECRET = HEADERS["_secret"]
SENT = datetime.fromtimestamp(1794297600, UTC)

VECTOR_AT = datetime.fromtimestamp(1704110400, UTC)
VECTOR_BODY = b'{"test":"data"}'
VECTOR = "t=1704110400,v1=56aff06dc227db80d6568a5070f912c601c31f20451745d257cbc0b5dfa93805"


def _signed(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    moment = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Qonto-Signature": f"t={moment},v1={mac}"}


@pytest.mark.covers("QX-14")
def test_the_documented_vector_is_valid_stale_or_forged_as_it_should_be() -> None:
    """The vector verifies; re-serialised it doesn't; after five minutes it is stale."""
    headers = {"X-Qonto-Signature": VECTOR}
    secrets = ["test-secret"]
    assert verify(headers, VECTOR_BODY, secrets, VECTOR_AT) is Verdict.VALID
    reserialised = json.dumps(json.loads(VECTOR_BODY)).encode()
    assert verify(headers, reserialised, secrets, VECTOR_AT) is Verdict.FORGED
    edge = VECTOR_AT + timedelta(minutes=5)
    assert verify(headers, VECTOR_BODY, secrets, edge) is Verdict.VALID
    late = edge + timedelta(seconds=1)
    assert verify(headers, VECTOR_BODY, secrets, late) is Verdict.STALE
    early = VECTOR_AT - timedelta(minutes=5, seconds=1)
    assert verify(headers, VECTOR_BODY, secrets, early) is Verdict.STALE


def test_a_real_looking_event_verifies_whatever_the_case_of_the_header() -> None:
    """Proxies change the header's case; the secret counts with its prefix."""
    for name in ("X-Qonto-Signature", "x-qonto-signature"):
        headers = {name: HEADERS["X-Qonto-Signature"]}
        assert verify(headers, BODY, [SECRET], SENT) is Verdict.VALID
        assert verify(headers, BODY, [SECRET.removeprefix("whsec_")], SENT) is Verdict.FORGED


def test_any_of_several_secrets_will_do() -> None:
    """While a secret is being changed both are known."""
    headers = _signed(BODY, "new" * 11, SENT)
    assert verify(headers, BODY, [SECRET, "new" * 11], SENT) is Verdict.VALID
    assert verify(headers, BODY, ["new" * 11, SECRET], SENT) is Verdict.VALID
    assert verify(headers, BODY, [SECRET], SENT) is Verdict.FORGED
    assert verify(headers, BODY, [], SENT) is Verdict.FORGED


@pytest.mark.covers("QX-14")
def test_every_changed_byte_breaks_the_signature() -> None:
    """Each byte of the body in turn, and each character of the signature."""
    headers = {"X-Qonto-Signature": VECTOR}
    for position in range(len(VECTOR_BODY)):
        for bit in range(8):
            changed = bytearray(VECTOR_BODY)
            changed[position] ^= 1 << bit
            verdict = verify(headers, bytes(changed), ["test-secret"], VECTOR_AT)
            assert verdict is Verdict.FORGED
    for position in range(VECTOR.index("v1=") + 3, len(VECTOR)):
        other = "0" if VECTOR[position] != "0" else "1"
        signature = VECTOR[:position] + other + VECTOR[position + 1 :]
        verdict = verify({"X-Qonto-Signature": signature}, VECTOR_BODY, ["test-secret"], VECTOR_AT)
        assert verdict is Verdict.FORGED


@given(body=st.binary(max_size=200), secret=st.text(min_size=1, max_size=40), other=st.binary())
def test_a_signature_fits_one_body_and_one_moment_only(
    body: bytes, secret: str, other: bytes
) -> None:
    """Whatever was signed verifies, and nothing else does under that signature."""
    headers = _signed(body, secret, SENT)
    assert verify(headers, body, [secret], SENT) is Verdict.VALID
    if other != body:
        assert verify(headers, other, [secret], SENT) is Verdict.FORGED
    moved = headers["X-Qonto-Signature"].replace("t=1794297600", "t=1794297601")
    assert verify({"X-Qonto-Signature": moved}, body, [secret], SENT) is Verdict.FORGED


@given(st.text(max_size=60))
def test_no_header_can_make_verification_fail_otherwise_than_by_its_verdict(header: str) -> None:
    """Any text is either no signature or a forged one."""
    verdict = verify({"X-Qonto-Signature": header}, BODY, [SECRET], SENT)
    assert verdict in {Verdict.MISSING, Verdict.FORGED}


@pytest.mark.parametrize(
    "header",
    [None, "", "t=1", "v1=ab", "t=x,v1=ab", "t=1,v1=ab", "t=1,v1=" + "A" * 64, "garbage", ",,,"],
)
def test_without_moment_and_signature_nothing_is_verified(header: str | None) -> None:
    """A header that isn't there or can't be read is MISSING."""
    headers = {} if header is None else {"X-Qonto-Signature": header}
    assert verify(headers, BODY, [SECRET], SENT) is Verdict.MISSING
    assert not is_signed(headers)
    assert is_signed({"X-Qonto-Signature": "t=1,v1=" + "a" * 64})


def test_an_invoice_event_tells_which_invoice_and_what_happened() -> None:
    """Ids, unified words, and the two moments in UTC."""
    event = read_event(BODY)
    assert event.id == "019d07ce-0001-7000-8000-000000000001"
    assert event.type == "v1/client-invoices"
    assert event.created_at == datetime(2026, 11, 10, 8, 0, tzinfo=UTC)
    assert (event.resource, event.event) == ("INVOICE", "UPDATED")
    assert event.resource_id == "019d07ca-0002-7000-8000-000000000043"
    assert event.resource_created_at == datetime(2026, 11, 1, 9, 15, tzinfo=UTC)
    assert event.organization_id == "018f71db-c635-78b5-b90a-ea05de98c2bf"
    assert event.subscription_id == "019d07cd-0001-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("kind", "also"),
    [
        ("v1/client-invoices", ("BOOKING_PROPOSAL",)),
        ("v1/clients", ("CONTACT",)),
        ("v1/transactions", ()),
        ("v1/new-things", ()),
    ],
)
def test_a_record_may_be_of_two_resources(kind: str, also: tuple[str, ...]) -> None:
    """Of transactions nobody knows without asking."""
    assert read_event(json.dumps({"id": "e", "type": kind}).encode()).also == also


@pytest.mark.parametrize("wrong", ["", "x" * 201, "x\0", 7, None, ["x"]])
def test_an_id_that_cant_be_kept_is_none(wrong: object) -> None:
    """Refused here as the event's own, not by a database; as a record's it names none."""
    with pytest.raises(UnreadableEvent):
        read_event(json.dumps({"id": wrong, "type": "v1/clients", "data": {"id": "c"}}).encode())
    body = {"id": "x" * 200, "type": "v1/clients", "data": {"id": wrong}}
    assert read_event(json.dumps(body).encode()).resource_id is None


def test_the_word_for_what_happened_may_be_missing() -> None:
    """The documented example of an invoice event has none; an unknown one is none."""
    for data in ({"id": "x"}, {"id": "x", "event": "renamed"}, {"id": "x", "event": 5}):
        body = json.dumps({"id": "e", "type": "v1/client-invoices", "data": data}).encode()
        assert read_event(body).event is None


def test_a_withdrawn_consent_is_a_revoked_token() -> None:
    """It names no document, only the organisation and when it was."""
    body = {
        "id": "019d07ce-0002-7000-8000-000000000002",
        "type": "v1/consent-revocations",
        "organization_id": "o",
        "created_at": "2026-11-15T08:00:00Z",
        "data": {"client_id": "c", "revoked_at": "2026-11-15T08:00:00Z"},
    }
    event = read_event(json.dumps(body).encode())
    assert (event.resource, event.event, event.resource_id) == ("TOKEN", "REVOKED", None)


@pytest.mark.parametrize("data", ["null", "[]", '"text"', "7", '{"id":null}', '{"id":{}}'])
def test_data_of_another_shape_names_no_document(data: str) -> None:
    """The envelope is read all the same."""
    event = read_event(f'{{"id":"e","type":"v1/new-things","data":{data}}}'.encode())
    assert (event.id, event.resource, event.resource_id) == ("e", None, None)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"id":"e"}', b'{"type":"t"}', b'{"id":5,"type":"t"}', b"\xff", b'"e"'],
)
def test_what_has_no_id_or_no_type_is_no_event(body: bytes) -> None:
    """The message never quotes the body."""
    with pytest.raises(UnreadableEvent):
        read_event(body)
