"""A sorted sequence in chunks: cheap inserts, cheap counts, cheap pages, however long it gets."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

R = TypeVar("R")
_SIZE = 512


class _Chunk(Generic[R]):
    """Up to twice ``_SIZE`` entries, and the span that a second key of theirs covers."""

    __slots__ = ("entries", "high", "keys", "low")

    def __init__(self, keys: list[int], entries: dict[int, R], low: int, high: int) -> None:
        self.keys = keys
        self.entries = entries
        self.low = low
        self.high = high


class Ordered(Generic[R]):
    """Entries in the order of a unique integer key.

    Each chunk also knows the lowest and highest *second* key of its entries, so that a walk in the
    order of creation can step over whole chunks that were updated outside the wanted window. The
    span widens until the chunk is split: that is safe, and exact enough.
    """

    def __init__(self, second: Callable[[R], int]) -> None:
        self._second = second
        self._chunks: list[_Chunk[R]] = []
        self._last: list[int] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, key: int, entry: R, second: int) -> None:
        self._length += 1
        if not self._chunks:
            self._chunks.append(_Chunk([key], {key: entry}, second, second))
            self._last.append(key)
            return
        at = min(bisect_left(self._last, key), len(self._chunks) - 1)
        chunk = self._chunks[at]
        keys = chunk.keys
        if key > keys[-1]:
            keys.append(key)
            self._last[at] = key
        else:
            insort(keys, key)
        chunk.entries[key] = entry
        if second < chunk.low:
            chunk.low = second
        if second > chunk.high:
            chunk.high = second
        if len(keys) > 2 * _SIZE:
            self._split(at)

    def _split(self, at: int) -> None:
        chunk = self._chunks[at]
        left, right = chunk.keys[:_SIZE], chunk.keys[_SIZE:]
        entries = chunk.entries
        self._chunks[at : at + 1] = [
            self._chunk(left, {key: entries[key] for key in left}),
            self._chunk(right, {key: entries[key] for key in right}),
        ]
        self._last[at : at + 1] = [left[-1], right[-1]]

    def _chunk(self, keys: list[int], entries: dict[int, R]) -> _Chunk[R]:
        seconds = [self._second(entry) for entry in entries.values()]
        return _Chunk(keys, entries, min(seconds), max(seconds))

    def remove(self, key: int) -> None:
        at = bisect_left(self._last, key)
        chunk = self._chunks[at]
        del chunk.entries[key]
        del chunk.keys[bisect_left(chunk.keys, key)]
        self._length -= 1
        if chunk.keys:
            self._last[at] = chunk.keys[-1]
        else:
            del self._chunks[at]
            del self._last[at]

    def widen(self, key: int, second: int) -> None:
        """Says that the entry at ``key`` now has this second key."""
        chunk = self._chunks[bisect_left(self._last, key)]
        chunk.low = min(chunk.low, second)
        chunk.high = max(chunk.high, second)

    def position(self, key: int) -> int:
        """How many entries come before ``key``."""
        at = bisect_left(self._last, key)
        before = sum(len(chunk.keys) for chunk in self._chunks[:at])
        return before + (bisect_left(self._chunks[at].keys, key) if at < len(self._chunks) else 0)

    def between(self, start: int, stop: int) -> list[R]:
        """The entries at positions ``start`` to ``stop``, ascending."""
        found: list[R] = []
        before = 0
        for chunk in self._chunks:
            size = len(chunk.keys)
            if before >= stop:
                break
            if before + size > start:
                entries = chunk.entries
                part = chunk.keys[max(0, start - before) : stop - before]
                found.extend([entries[key] for key in part])
            before += size
        return found

    def walk(
        self, low: int, high: int, *, descending: bool, second: tuple[int, int] | None = None
    ) -> Iterator[R]:
        """Entries with ``low <= key < high``; chunks outside the second window are stepped over."""
        chunks = reversed(self._chunks) if descending else iter(self._chunks)
        for chunk in chunks:
            keys = chunk.keys
            if keys[-1] < low or keys[0] >= high:
                continue
            if second and (chunk.high < second[0] or chunk.low >= second[1]):
                continue
            part = keys[bisect_left(keys, low) : bisect_left(keys, high)]
            entries = chunk.entries
            for key in reversed(part) if descending else part:
                yield entries[key]
