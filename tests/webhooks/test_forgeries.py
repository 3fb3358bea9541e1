"""What a forger may try: each changed byte, each changed header, each other second. All of them."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from webhooks.envelope import event_body
from webhooks.signing import maesn_secret, signed_headers, standard_secret

SECRET = bytes(range(32))
BODY = event_body(event_type="UPDATED", resource="INVOICE", resource_id="01a1f9e7-5b1c")
STANDARD = Webhook(standard_secret(SECRET))
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=_,. "


def standard_accepts(body: bytes, headers: dict[str, str]) -> bool:
    try:
        STANDARD.verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def maesn_accepts(body: bytes, headers: dict[str, str]) -> bool:
    """Check as Maesn's page tells receivers to."""
    expected = hmac.new(maesn_secret(SECRET).encode(), body, "sha256").hexdigest()
    return hmac.compare_digest(expected, headers["X-MAESN-SIGNATURE"])


@pytest.fixture
def headers() -> dict[str, str]:
    made = signed_headers("evt_01M7WYF72YWC1TQM6AB3K02MXM", BODY, SECRET, datetime.now(UTC))
    assert standard_accepts(BODY, made)
    assert maesn_accepts(BODY, made)
    return made


@pytest.mark.parametrize("bit", range(8))
def test_every_bit_of_every_byte_of_the_body_counts(bit: int, headers: dict[str, str]) -> None:
    for at in range(len(BODY)):
        forged = bytearray(BODY)
        forged[at] ^= 1 << bit
        assert not standard_accepts(bytes(forged), headers), at
        assert not maesn_accepts(bytes(forged), headers), at


def test_a_body_without_one_byte_or_with_one_twice_is_refused(headers: dict[str, str]) -> None:
    for at in range(len(BODY)):
        for forged in (BODY[:at] + BODY[at + 1 :], BODY[: at + 1] + BODY[at:]):
            assert forged == BODY or not standard_accepts(forged, headers), at
            assert forged == BODY or not maesn_accepts(forged, headers), at


@pytest.mark.parametrize("name", SIGNED)
def test_every_character_of_every_header_counts(name: str, headers: dict[str, str]) -> None:
    value = headers[name]
    # base64's last character but for padding has two bits that say nothing
    positions = range(3, len(value) - 2) if name == "webhook-signature" else range(len(value))
    for at in positions:
        for other in ALPHABET.replace(value[at], ""):
            forged = {**headers, name: value[:at] + other + value[at + 1 :]}
            assert not standard_accepts(BODY, forged), forged[name]


def test_every_character_of_maesns_signature_counts(headers: dict[str, str]) -> None:
    value = headers["X-MAESN-SIGNATURE"]
    for at in range(len(value)):
        for other in ALPHABET.replace(value[at], ""):
            forged = {**headers, "X-MAESN-SIGNATURE": value[:at] + other + value[at + 1 :]}
            assert not maesn_accepts(BODY, forged)


def test_every_other_second_is_refused(headers: dict[str, str]) -> None:
    """Within the five minutes that the library tolerates, and beyond them."""
    signed = int(headers["webhook-timestamp"])
    for seconds in range(-400, 401):
        forged = {**headers, "webhook-timestamp": str(signed + seconds)}
        assert standard_accepts(BODY, forged) == (seconds == 0), seconds


@pytest.mark.parametrize("minutes", [-60, -6, 6, 60])
def test_a_genuine_message_is_too_old_or_too_new_after_a_while(minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert not standard_accepts(BODY, signed_headers("evt_1", BODY, SECRET, at))


def test_every_bit_of_the_secret_counts(headers: dict[str, str]) -> None:
    for at in range(len(SECRET) * 8):
        other = bytearray(SECRET)
        other[at // 8] ^= 1 << (at % 8)
        with pytest.raises(WebhookVerificationError):
            Webhook(standard_secret(bytes(other))).verify(BODY, headers)
        key = maesn_secret(bytes(other)).encode()
        assert hmac.new(key, BODY, "sha256").hexdigest() != headers["X-MAESN-SIGNATURE"]
