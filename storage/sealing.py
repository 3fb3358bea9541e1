"""Secrets at rest: sealed when they are read back later, keyed hashes when only compared.

One master key gives everything: HKDF derives from it a key for sealing, one for hashing and one for
signing link state, so that a deployment keeps a single secret. Each stored value names the master
key it was made with, so several keys can be live while they are being rotated.
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import SecretUnreadable

_NONCE = 12
_FORMAT = b"\x01"


@dataclass(frozen=True)
class MasterKey:
    """A named 32-byte key. `repr` hides it."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise ValueError(f"key {self.id!r} must be 32 bytes, and it has {len(self.secret)}")
        if not 1 <= len(self.id.encode()) <= 255:
            raise ValueError("a key's name must have between 1 and 255 bytes")

    @classmethod
    def parse(cls, text: str) -> "MasterKey":
        """Read `name:base64`, the way settings and `keys new` write it."""
        name, colon, encoded = text.strip().partition(":")
        if not colon:
            raise ValueError("a sealing key is written name:base64")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise ValueError(f"key {name!r} is not valid base64") from error
        return cls(name, secret)

    @classmethod
    def generate(cls, name: str) -> "MasterKey":
        return cls(name, secrets.token_bytes(32))

    def reveal(self) -> str:
        """Write the key as settings take it. For showing once, when it is made."""
        return f"{self.id}:{base64.b64encode(self.secret).decode()}"

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose."""
        kdf = HKDF(
            algorithm=SHA256(), length=32, salt=None, info=b"qonto-connector " + purpose.encode()
        )
        return kdf.derive(self.secret)

    @cached_property
    def cipher(self) -> AESGCM:
        return AESGCM(self.derive("sealing"))

    @cached_property
    def hash_key(self) -> bytes:
        return self.derive("hashing")


@dataclass(frozen=True, slots=True)
class Digest:
    """A keyed hash (hex HMAC-SHA256) and the name of the key it was made with."""

    value: str
    key_id: str


class KeyRing:
    """The master keys at hand. The first seals and hashes; all of them open and compare."""

    def __init__(self, keys: Iterable[MasterKey]) -> None:
        self._keys = {key.id: key for key in keys}
        if not self._keys:
            raise ValueError("a key ring needs at least one key")
        self._primary = next(iter(self._keys.values()))

    @property
    def newest(self) -> str:
        """The name of the key that seals and hashes."""
        return self._primary.id

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all keys, the newest first."""
        return tuple(self._keys)

    def seal(self, secret: str | bytes, *, associated_data: str) -> bytes:
        """Encrypt for one place, such as `tokens.access_token:acct_...`: it opens nowhere else."""
        plain = secret.encode() if isinstance(secret, str) else secret
        key = self._primary
        nonce = secrets.token_bytes(_NONCE)
        name = key.id.encode()
        head = _FORMAT + bytes([len(name)]) + name
        return head + nonce + key.cipher.encrypt(nonce, plain, head + associated_data.encode())

    def open(self, sealed: bytes, *, associated_data: str) -> bytes:
        """Decrypt what was sealed for this place. Raises SecretUnreadable."""
        try:
            name = sealed_with(sealed)
        except SecretUnreadable:
            raise SecretUnreadable(f"the sealed value at {associated_data} is damaged") from None
        end = 2 + sealed[1]
        key = self._keys.get(name)
        if key is None:
            raise SecretUnreadable(
                f"the value at {associated_data} was sealed with key {name!r}, "
                "which is not configured"
            )
        nonce, box = sealed[end : end + _NONCE], sealed[end + _NONCE :]
        try:
            return key.cipher.decrypt(nonce, box, sealed[:end] + associated_data.encode())
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable(
                f"the sealed value at {associated_data} is damaged or was moved"
            ) from error

    def open_text(self, sealed: bytes, *, associated_data: str) -> str:
        """Decrypt text that was sealed for this place. Raises SecretUnreadable."""
        return self.open(sealed, associated_data=associated_data).decode()

    def digest(self, key: str) -> Digest:
        """Hash an API key, account key or code for storing."""
        return _digest(self._primary, key)

    def digests(self, key: str) -> list[Digest]:
        """Hash a presented key under every key of the ring, newest first, for looking it up."""
        return [_digest(master, key) for master in self._keys.values()]

    def signing_keys(self, purpose: str) -> list[bytes]:
        """Return the keys for signing (the last one) and checking, oldest first."""
        return [key.derive(purpose) for key in reversed(self._keys.values())]


def sealed_with(sealed: bytes) -> str:
    """Return the name of the key a value was sealed with. Raises SecretUnreadable."""
    if sealed[:1] != _FORMAT or len(sealed) < 2:
        raise SecretUnreadable("the sealed value is damaged")
    return sealed[2 : 2 + sealed[1]].decode(errors="replace")


def _digest(key: MasterKey, text: str) -> Digest:
    return Digest(hmac.digest(key.hash_key, text.encode(), "sha256").hex(), key.id)
