"""Records as they are copied: the unified record in plain values, and what tells its content."""

from decimal import Decimal
from hashlib import sha256
from typing import Any, cast

import msgspec

from connector.copying.feed import ReadRecord
from connector.copying.ports import CopiedRecord

_CANONICAL = msgspec.json.Encoder(decimal_format="number", order="sorted")


def plain(item: Any) -> dict[str, Any]:
    """Return a unified record in plain values, amounts as Decimals."""
    return cast(dict[str, Any], msgspec.to_builtins(item, builtin_types=(Decimal,)))


def canonical(record: Any) -> bytes:
    """Return plain values as JSON that is the same for the same content."""
    return _CANONICAL.encode(record)


def copied(resource: str, read: ReadRecord) -> CopiedRecord:
    """Return a record that was read as it is copied; one that can be read."""
    record = plain(read.item)
    content_hash = sha256(canonical(record)).hexdigest()
    # a record may be said in another way on another day, though the target system's stays the same
    version = sha256(f"{read.version}:{content_hash}".encode()).hexdigest()[:32]
    return CopiedRecord(resource, read.id, version, content_hash, read.changed_at, record, read.raw)
