"""Sealed values and keyed hashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import SecretUnreadable
from storage.sealing import KeyRing, MasterKey

OLD = MasterKey("old", b"o" * 32)
NEW = MasterKey("new", b"n" * 32)


@given(secret=st.binary(max_size=200), associated_data=st.text(max_size=40))
def test_what_was_sealed_opens_at_its_place(secret: bytes, associated_data: str) -> None:
    ring = KeyRing([NEW])
    sealed = ring.seal(secret, associated_data=associated_data)
    assert ring.open(sealed, associated_data=associated_data) == secret
    assert len(secret) < 4 or secret not in sealed


def test_a_value_moved_to_another_place_does_not_open() -> None:
    ring = KeyRing([NEW])
    sealed = ring.seal("secret", associated_data="tokens.access_token:acct_1")
    with pytest.raises(SecretUnreadable):
        ring.open(sealed, associated_data="tokens.access_token:acct_2")


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    ring = KeyRing([NEW])
    sealed = bytearray(ring.seal("secret", associated_data="here"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SecretUnreadable):
        ring.open(bytes(sealed), associated_data="here")


def test_an_older_key_still_opens_and_the_first_one_seals() -> None:
    sealed = KeyRing([OLD]).seal("secret", associated_data="here")
    both = KeyRing([NEW, OLD])
    assert both.open_text(sealed, associated_data="here") == "secret"
    assert (
        KeyRing([NEW]).open_text(both.seal("x", associated_data="here"), associated_data="here")
        == "x"
    )


def test_a_missing_key_is_named() -> None:
    sealed = KeyRing([OLD]).seal("secret", associated_data="tokens.access_token:acct_1")
    with pytest.raises(SecretUnreadable, match="'old', which is not configured"):
        KeyRing([NEW]).open(sealed, associated_data="tokens.access_token:acct_1")


def test_digests_find_a_key_hashed_under_an_older_master_key() -> None:
    stored = KeyRing([OLD]).digest("sk_live_1")
    assert stored in KeyRing([NEW, OLD]).digests("sk_live_1")
    assert stored.value != KeyRing([NEW]).digest("sk_live_1").value


def test_a_key_survives_being_written_and_read() -> None:
    key = MasterKey.generate("2026-11")
    assert MasterKey.parse(key.reveal()) == key


@pytest.mark.parametrize("text", ["", "nokey", "name:!!!", "name:c2hvcnQ="])
def test_a_malformed_key_is_refused_with_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|base64"):
        MasterKey.parse(text)


def test_no_key_shows_in_a_repr() -> None:
    assert "n" * 8 not in repr(NEW)
    assert "nnnn" not in repr(KeyRing([NEW]))
