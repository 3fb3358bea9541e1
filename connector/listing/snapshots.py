"""Keeps indexes for a minute, and builds each only once however many ask for it."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from connector.listing.index import Index

LIFETIME = 60.0
"""Seconds that an index is used; until then it doesn't know of later changes."""

_MOST_PLACES = 200_000
"""Places kept in all, about 40 MB."""


@dataclass(frozen=True, slots=True)
class _Kept:
    index: Index
    until: float


class Snapshots:
    """The indexes of all accounts, least recently used ones dropped first."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._building: dict[Hashable, asyncio.Task[Index]] = {}

    async def get(self, key: Hashable, build: Callable[[], Awaitable[Index]]) -> Index:
        """Return the index kept under a key, or build it. A failed one is not kept."""
        kept = self._kept.get(key)
        if kept is not None and self._monotonic() < kept.until:
            self._kept.move_to_end(key)
            return kept.index
        task = self._building.get(key)
        if task is None:
            task = asyncio.ensure_future(self._build(key, build))
            self._building[key] = task
            task.add_done_callback(lambda done: self._built(key, done))
        # whoever gives up waiting must not end it for the others
        return await asyncio.shield(task)

    def put(self, key: Hashable, index: Index) -> None:
        """Put an index in the place of the one under a key, which lives no longer by that."""
        if (kept := self._kept.get(key)) is not None:
            self._kept[key] = _Kept(index, kept.until)

    def drop(self, key: Hashable, index: Index | None = None) -> None:
        """Forget the index under a key; only when it is still the one that is given, if any."""
        kept = self._kept.get(key)
        if kept is not None and (index is None or kept.index is index):
            del self._kept[key]

    async def _build(self, key: Hashable, build: Callable[[], Awaitable[Index]]) -> Index:
        index = await build()
        self._kept[key] = _Kept(index, self._monotonic() + LIFETIME)
        self._kept.move_to_end(key)
        self._forget()
        return index

    def _built(self, key: Hashable, done: asyncio.Task[Index]) -> None:
        self._building.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen, even when nobody waits for it any more

    def _forget(self) -> None:
        now = self._monotonic()
        for key in [key for key, kept in self._kept.items() if kept.until <= now]:
            del self._kept[key]
        places = sum(len(kept.index.places) for kept in self._kept.values())
        while places > _MOST_PLACES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            places -= len(oldest.index.places)
