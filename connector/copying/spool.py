"""What a run has read, on disk until the last page has come; in memory are the ids alone."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from connector.copying.feed import RecordFileRef
from connector.copying.ports import CopiedRecord

_DECIMAL = 1
_NEVER = datetime.fromtimestamp(0, UTC)
_IN_MEMORY = 4 * 1024 * 1024
MOST_LINKS = 5_000
"""Links that are remembered; a file whose link isn't is asked for by its id."""


class _Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    id: str
    version: str
    content_hash: str
    changed_at: datetime | None
    record: Any
    raw: bytes
    files: list[str | None]


def _extended(value: Any) -> Any:
    """Write amounts so that they come back as what they are."""
    match value:
        case Decimal():
            return msgspec.msgpack.Ext(_DECIMAL, str(value).encode())
        case dict():
            return {name: _extended(one) for name, one in cast(dict[str, Any], value).items()}
        case list() | tuple():
            return [_extended(one) for one in cast(Sequence[Any], value)]
        case _:
            return value


def _opened(code: int, data: memoryview) -> Any:
    if code != _DECIMAL:
        raise ValueError("a spooled record holds amounts alone")
    return Decimal(bytes(data).decode())


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Entry, ext_hook=_opened)


class RecordSpool:
    """Records in the order of their changes, each once, as it was read last. Close it once."""

    def __init__(self, resource: str, folder: str | None = None) -> None:
        self._resource = resource
        # closed by `close`, at the end of the run
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            _IN_MEMORY, prefix="qonto-connector-", dir=folder
        )
        self._places: dict[str, tuple[datetime, int, int]] = {}
        self._end = 0
        self._links: dict[tuple[str, str], RecordFileRef] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._places

    @property
    def newest_at(self) -> datetime | None:
        """Return the newest change, None where no record tells."""
        newest = max((place[0] for place in self._places.values()), default=_NEVER)
        return None if newest == _NEVER else newest

    def add(self, record: CopiedRecord, files: Sequence[RecordFileRef]) -> None:
        """Keep a record, in the place of an earlier reading of it."""
        entry = _ENCODER.encode(
            _Entry(
                record.id,
                record.version,
                record.content_hash,
                record.changed_at,
                _extended(record.record),
                record.raw,
                [file.id for file in files],
            )
        )
        self._file.seek(self._end)
        self._file.write(entry)
        self._places[record.id] = (record.changed_at or _NEVER, self._end, len(entry))
        self._end += len(entry)
        for file in files:
            if file.id and file.link and len(self._links) < MOST_LINKS:
                self._links[record.id, file.id] = file

    def batches(self, most: int) -> Iterator[list[tuple[CopiedRecord, list[str | None]]]]:
        """Yield the records with the ids of their files, those that changed first first."""
        ordered = sorted(self._places.items(), key=lambda each: (each[1][0], each[0]))
        for begin in range(0, len(ordered), most):
            yield [self._read(start, size) for _, (_, start, size) in ordered[begin : begin + most]]

    def file(self, record_id: str, file_id: str) -> RecordFileRef:
        """Return a file of a record, with its link if that is still remembered."""
        return self._links.get((record_id, file_id)) or RecordFileRef(file_id or None)

    def close(self) -> None:
        """Let go of the disk space; harmless when done twice."""
        self._links.clear()
        self._file.close()

    def _read(self, start: int, size: int) -> tuple[CopiedRecord, list[str | None]]:
        self._file.seek(start)
        one = _DECODER.decode(self._file.read(size))
        record = CopiedRecord(
            self._resource,
            one.id,
            one.version,
            one.content_hash,
            one.changed_at,
            one.record,
            one.raw,
        )
        return record, one.files
