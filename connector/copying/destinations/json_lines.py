"""Batches as JSON Lines: a line for each change.

`raw` is the provider's JSON as a text, exactly as it came, and null if it isn't UTF-8. Decimals are
texts, too.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

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


class JsonLines:
    """Writes and reads entries of JSON Lines."""

    ending = ".jsonl"

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
                line = json.loads(text)  # which takes half a surrogate pair as well
                is_put = line["change"] == "put"
                state = state_of(line["version"], line["hash"]) if is_put else None
                yield WrittenChange(line["account"], line["resource"], line["id"], state)


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
                "raw": _text_of(one.raw),
            }
        case Gone():
            return {"change": "gone", **line, "noticed_at": moment_text(one.noticed_at)}


def _text_of(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
