"""Orders that nothing but chance decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from random import Random
from typing import Any, TypeVar

R = TypeVar("R")


def shuffled_ties(records: Iterable[R], key: Callable[[R], Any], random: Random) -> list[R]:
    """Sorted records, those with equal keys in an order drawn anew."""
    shuffled: list[R] = []
    for _, equal in groupby(records, key):
        ties = list(equal)
        random.shuffle(ties)
        shuffled += ties
    return shuffled
