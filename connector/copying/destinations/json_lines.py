"""Batches as JSON Lines: a line for each change.

`raw` is the provider's JSON as a text, exactly as it came; decimals are texts, too.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from connector.copying.destinations.folder import (
    FolderDestination,
    WrittenChange,
    sequence,
    state_of,
    synced,
)
from connector.copying.destinations.rows import json_of, moment_text
from connector.copying.ports import CopiedRecord, Gone

_LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


class _Line(msgspec.Struct):
    change: str
    account: str
    resource: str
    id: str
    version: str = ""
    hash: str = ""


class JsonLines:
    """Writes and reads entries of JSON Lines."""

    ending = ".jsonl"

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_Line)

    def write(
        self, to: Path, number: int, account_id: str, changes: Sequence[CopiedRecord | Gone]
    ) -> None:
        """Write a file with a line for each change."""

        def fill(file: BinaryIO) -> None:
            for place, one in enumerate(changes):
                file.write(_text(_line(account_id, one, sequence(number, place))))

        synced(to, fill)

    def read(self, entry: Path) -> Iterator[WrittenChange]:
        """Tell what a file changed, line by line."""
        with entry.open("rb") as lines:
            for text in lines:
                line = self._decoder.decode(text)
                state = state_of(line.version, line.hash) if line.change == "put" else None
                yield WrittenChange(line.account, line.resource, line.id, state)


def json_lines(root: Path) -> FolderDestination:
    """Return a destination that writes JSON Lines to a folder."""
    return FolderDestination(root, JsonLines())


def _text(line: dict[str, Any]) -> bytes:
    """Write a line that every reader takes for one: some end lines at these as well."""
    return f"{json_of(line).translate(_LINE_ENDS)}\n".encode()


def _line(account_id: str, one: CopiedRecord | Gone, place: int) -> dict[str, Any]:
    line = {
        "sequence": place,
        "account": account_id,
        "resource": one.resource,
        "id": one.id,
    }
    match one:
        case CopiedRecord():
            return {
                "change": "put",
                **line,
                "version": one.version,
                "hash": one.content_hash,
                "changed_at": one.changed_at and moment_text(one.changed_at),
                "record": one.record,
                "raw": one.raw.decode(errors="surrogateescape"),
            }
        case Gone():
            return {"change": "gone", **line, "noticed_at": moment_text(one.noticed_at)}
