"""A confirmation token is good for one request about a record as it was shown, for ten minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.errors import ConfirmationRequired, ConfirmationStale
from connector.writing.confirming import LIFE, NOT_ASKED, Act, Confirmations, Consent
from storage.sealing import KeyRing, MasterKey

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
RING = KeyRing([MasterKey.generate("one")])
ACT = Act("acct_1", "a-fingerprint", None, "as it was")


def at(moment: datetime, ring: KeyRing = RING) -> Confirmations:
    return Confirmations(ring, lambda: moment)


def test_without_a_token_what_needs_one_is_refused() -> None:
    with pytest.raises(ConfirmationRequired):
        at(NOW).check(Consent(is_needed=True), ACT)
    at(NOW).check(NOT_ASKED, ACT)


def test_the_token_of_a_check_is_taken_in_time() -> None:
    given = at(NOW).offer(ACT)
    assert given.expires_at == NOW + LIFE
    for moment in (NOW, NOW + LIFE, NOW - timedelta(seconds=5)):
        at(moment).check(Consent(given.token, is_needed=True), ACT)


@pytest.mark.parametrize(
    "other",
    [
        replace(ACT, account_id="acct_2"),
        replace(ACT, fingerprint="another"),
        replace(ACT, key="a key"),
        replace(ACT, seen="changed"),
    ],
)
@pytest.mark.parametrize("is_needed", [True, False])
def test_of_anything_else_it_is_not(other: Act, is_needed: bool) -> None:
    """One that is sent has to fit, whether the tenant demands one or not."""
    token = at(NOW).offer(ACT).token
    with pytest.raises(ConfirmationStale):
        at(NOW).check(Consent(token, is_needed), other)


def test_it_counts_as_the_key_where_none_is_sent() -> None:
    token = at(NOW).offer(ACT).token
    at(NOW).check(Consent(token), replace(ACT, key=token))
    keyed = replace(ACT, key="a key")
    at(NOW).check(Consent(at(NOW).offer(keyed).token), keyed)


def test_later_and_elsewhere_it_is_stale() -> None:
    token = at(NOW).offer(ACT).token
    other = KeyRing([MasterKey.generate("two")])
    for confirmations in (
        at(NOW + LIFE + timedelta(seconds=1)),
        at(NOW - timedelta(minutes=1)),
        at(NOW, other),
    ):
        with pytest.raises(ConfirmationStale):
            confirmations.check(Consent(token), ACT)


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c", "é", "A" * 10_000, "\x00"])
def test_garbage_is_stale(garbage: str) -> None:
    with pytest.raises(ConfirmationStale):
        at(NOW).check(Consent(garbage), ACT)


def test_another_key_of_the_ring_still_checks() -> None:
    """Keys can be rotated between the check and the act."""
    old, new = MasterKey.generate("old"), MasterKey.generate("new")
    token = at(NOW, KeyRing([old])).offer(ACT).token
    at(NOW, KeyRing([new, old])).check(Consent(token), ACT)
