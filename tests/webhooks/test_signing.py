"""Signatures on what goes out, checked with an implementation that isn't ours."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks.envelope import event_body
from webhooks.signing import (
    SECRET_BYTES,
    maesn_secret,
    new_secret,
    signed_headers,
    standard_secret,
)

BODY = event_body(event_type="CREATED", resource="INVOICE", resource_id="inv-1")
bodies = st.binary(min_size=1, max_size=300)
secrets_ = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=40)


def now() -> datetime:
    return datetime.now(UTC)


def accepted(secret: bytes, body: bytes, headers: dict[str, str]) -> bool:
    """Say whether a receiver with the Standard Webhooks library takes it."""
    try:
        Webhook(standard_secret(secret)).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False  # ValueError: not text, or not base64, and so nothing that was signed
    return True


def test_a_secret_is_32_random_bytes() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret) for secret in made} == {SECRET_BYTES}


def test_the_two_secrets_are_two_spellings_of_one() -> None:
    secret = new_secret()
    assert bytes.fromhex(maesn_secret(secret)) == secret
    assert len(maesn_secret(secret)) == 64
    assert base64.b64decode(standard_secret(secret).removeprefix("whsec_")) == secret


def test_the_library_takes_the_whsec_secret_as_it_is_and_parses_the_event() -> None:
    secret = new_secret()
    parsed = Webhook(standard_secret(secret)).verify(
        BODY, signed_headers("evt_1", BODY, secret, now())
    )
    assert parsed == {
        "eventType": "CREATED",
        "filterDate": None,
        "resource": "INVOICE",
        "resourceId": "inv-1",
        "userId": None,
    }


@given(secret=secrets_, message_id=ids, resource_id=st.text(min_size=1, max_size=80))
def test_every_signed_event_verifies(secret: bytes, message_id: str, resource_id: str) -> None:
    body = event_body(event_type="UPDATED", resource="INVOICE", resource_id=resource_id)
    headers = signed_headers(message_id, body, secret, now())
    assert accepted(secret, body, headers)
    assert headers["X-MAESN-SIGNATURE"] == (
        hmac.new(secret.hex().encode(), body, hashlib.sha256).hexdigest()
    )


def test_the_library_signs_the_same_bytes_the_same_way() -> None:
    secret, at = bytes(range(32)), datetime(2026, 11, 20, 10, 0, 0, 999_999, tzinfo=UTC)
    ours = signed_headers("evt_1", BODY, secret, at)
    theirs = Webhook(standard_secret(secret)).sign("evt_1", at, BODY.decode())
    assert ours["webhook-signature"] == theirs
    assert ours["webhook-timestamp"] == str(int(at.timestamp()))


def test_the_known_signature_of_a_known_message() -> None:
    headers = signed_headers("evt_1", b'{"a":1}', bytes(32), datetime.fromtimestamp(0, UTC))
    message = b'evt_1.0.{"a":1}'
    expected = base64.b64encode(hmac.digest(bytes(32), message, "sha256")).decode()
    assert headers == {
        "webhook-id": "evt_1",
        "webhook-timestamp": "0",
        "webhook-signature": f"v1,{expected}",
        "X-MAESN-SIGNATURE": hmac.digest(b"00" * 32, b'{"a":1}', "sha256").hex(),
    }


@given(data=st.data(), secret=secrets_)
def test_every_changed_byte_of_the_body_breaks_both(data: st.DataObject, secret: bytes) -> None:
    headers = signed_headers("evt_1", BODY, secret, now())
    forged = bytearray(BODY)
    at = data.draw(st.integers(0, len(BODY) - 1))
    forged[at] ^= data.draw(st.integers(1, 255))
    assert not accepted(secret, bytes(forged), headers)
    key = maesn_secret(secret).encode()
    assert hmac.digest(key, bytes(forged), "sha256").hex() != headers["X-MAESN-SIGNATURE"]


@given(st.data())
def test_a_body_with_more_or_fewer_bytes_is_refused(data: st.DataObject) -> None:
    secret = bytes(range(32))
    headers = signed_headers("evt_1", BODY, secret, now())
    cut = data.draw(st.integers(0, len(BODY)))
    more = data.draw(st.binary(max_size=3))
    forged = BODY[:cut] + more + BODY[cut + data.draw(st.integers(0, 3)) :]
    assert (forged == BODY) == accepted(secret, forged, headers)


@given(data=st.data(), secret=secrets_)
def test_every_changed_character_of_a_header_is_refused(data: st.DataObject, secret: bytes) -> None:
    headers = signed_headers("evt_1", BODY, secret, now())
    name = data.draw(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]))
    value = headers[name]
    first = 0 if name != "webhook-signature" else len("v1,")
    # the last character of base64 has bits that say nothing
    last = len(value) - 1 - (2 if name == "webhook-signature" else 0)
    at = data.draw(st.integers(first, last))
    other = data.draw(st.sampled_from("0123456789abcdefXYZ_").filter(lambda c: c != value[at]))
    assert not accepted(secret, BODY, {**headers, name: value[:at] + other + value[at + 1 :]})


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    secret = new_secret()
    headers = signed_headers("evt_1", BODY, secret, now())
    del headers[name]
    assert not accepted(secret, BODY, headers)


@given(seconds=st.integers(-290, 290).filter(bool))
def test_a_signature_for_another_second_is_refused(seconds: int) -> None:
    secret, at = bytes(range(32)), now()
    headers = signed_headers("evt_1", BODY, secret, at)
    moved = signed_headers("evt_1", BODY, secret, at + timedelta(seconds=seconds))
    assert accepted(secret, BODY, moved)
    headers["webhook-timestamp"] = moved["webhook-timestamp"]
    assert not accepted(secret, BODY, headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_replay_at_another_time_is_refused(minutes: int) -> None:
    secret = new_secret()
    headers = signed_headers("evt_1", BODY, secret, now() + timedelta(minutes=minutes))
    assert not accepted(secret, BODY, headers)


@given(secret=secrets_, other=secrets_)
def test_another_secret_verifies_nothing(secret: bytes, other: bytes) -> None:
    headers = signed_headers("evt_1", BODY, secret, now())
    assert accepted(other, BODY, headers) == (secret == other)


def test_a_retry_is_signed_anew_and_keeps_its_id() -> None:
    secret, at = new_secret(), now()
    first = signed_headers("evt_1", BODY, secret, at)
    second = signed_headers("evt_1", BODY, secret, at + timedelta(seconds=5))
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]
    assert first["X-MAESN-SIGNATURE"] == second["X-MAESN-SIGNATURE"]
