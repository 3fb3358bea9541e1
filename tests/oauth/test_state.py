"""The state parameter: ours, fresh, whole."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from oauth.errors import StateExpired, StateInvalid
from oauth.state import LinkState, read_state, write_state

AT = datetime(2026, 1, 22, 16, 0, tzinfo=UTC)
LIFE = timedelta(minutes=15)
OLD, NEW = b"o" * 32, b"n" * 32
STATE = LinkState("lnk_1", "ten_1", "acme")


def read(text: str, keys: list[bytes], at: datetime = AT) -> LinkState:
    return read_state(text, keys, at=at, life=LIFE)


def test_a_state_comes_back_as_it_went() -> None:
    text = write_state(STATE, [NEW], at=AT)
    assert read(text, [NEW], AT + LIFE) == STATE
    assert len(text) >= 8


def test_a_state_outlives_the_rotation_of_its_key() -> None:
    text = write_state(STATE, [OLD], at=AT)
    assert read(text, [OLD, NEW]) == STATE
    with pytest.raises(StateInvalid):
        read(text, [NEW])


def test_an_old_state_is_expired() -> None:
    text = write_state(STATE, [NEW], at=AT)
    with pytest.raises(StateExpired):
        read(text, [NEW], AT + LIFE + timedelta(seconds=1))


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "é", "x" * 5000, "e30.aaaa.bbbb", "\x00"])
def test_what_is_not_a_state_is_invalid(text: str) -> None:
    with pytest.raises(StateInvalid):
        read(text, [NEW])


def test_a_state_signed_for_another_purpose_is_invalid() -> None:
    forged = URLSafeTimedSerializer([NEW]).dumps(["lnk_1", "ten_1", "acme"])
    with pytest.raises(StateInvalid):
        read(forged, [NEW])


@given(st.data())
def test_any_changed_or_missing_character_breaks_a_state(data: st.DataObject) -> None:
    text = write_state(STATE, [NEW], at=AT)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = text[:at] + letter + text[at + 1 :]
    for candidate in {changed, text[:at]} - {text}:
        try:
            assert read(candidate, [NEW]) == STATE
        except (StateInvalid, StateExpired):
            continue
        # Base 64 ignores the last bits of its last letter: another spelling, the same bytes.
        assert at == len(text) - 1
        assert candidate == changed
