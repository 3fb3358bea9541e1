"""What tells one request to write from another. Pure."""

import hashlib
import uuid
from typing import Any

import msgspec

from connector.ports import WriteRequest


def fingerprint(name: str, asked: WriteRequest) -> str:
    """Return the SHA-256, hex, of all that decides what is written.

    Equal requests have equal ones, whatever the order of their fields.
    """
    body = asked.body
    said = None if body is None else body.model_dump(exclude_unset=True)
    whole: list[Any] = [name, asked.record_id, asked.line_id, sorted(asked.confirmed), said]
    if asked.options:
        whole.append(dict(asked.options))
    if asked.files:
        whole.append([(one.name, one.digest) for one in asked.files])
    return hashlib.sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()


def key_digest(key: str | None) -> str | None:
    """Return the SHA-256, hex, of a caller's idempotency key."""
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()


def key_at_target(*parts: str) -> str:
    """Return a version 4 UUID that stands for these texts, for a key at the target system."""
    digest = hashlib.sha256(msgspec.json.encode(parts)).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
