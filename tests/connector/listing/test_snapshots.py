"""Indexes are kept for a while, and never too many."""

from typing import Any

from connector.listing.index import Index, Place
from connector.listing.snapshots import LIFETIME, Snapshots


def _index(size: int) -> Index:
    return Index(tuple(Place(0, str(number), 1, 100) for number in range(size)), ())


async def test_an_index_lives_a_minute_and_the_oldest_make_room() -> None:
    """Memory is bounded whatever is asked."""
    now = 0.0
    snapshots = Snapshots(monotonic=lambda: now)
    built: list[str] = []

    def build(name: str, size: int) -> Any:
        async def make() -> Index:
            built.append(name)
            return _index(size)

        return make

    await snapshots.get("a", build("a", 100_000))
    await snapshots.get("a", build("a", 100_000))
    assert built == ["a"]
    now = LIFETIME + 1
    await snapshots.get("a", build("a", 100_000))
    assert built == ["a", "a"]
    await snapshots.get("b", build("b", 90_000))
    await snapshots.get("a", build("a", 1))
    await snapshots.get("c", build("c", 90_000))
    await snapshots.get("a", build("a", 1))
    assert built == ["a", "a", "b", "c"]
    await snapshots.get("b", build("b", 1))
    assert built[-1] == "b"
