"""Ids that say what they name and sort by the time they were made.

`acct_01K9...`: a prefix, then 48 bits of milliseconds and 80 random bits in Crockford's base 32,
the layout of a ULID.
"""

import os
from datetime import datetime
from functools import lru_cache

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
"""Two digits at a time: an accepted event takes two ids."""


def new_id(prefix: str, at: datetime) -> str:
    """Make an id such as `evt_01K9ZK6D3T5X8Q2M4N7P9R1S3V` for a record made at `at`."""
    return _written(prefix, at, int.from_bytes(os.urandom(10)))


def first_id(prefix: str, at: datetime) -> str:
    """Return the smallest id of the millisecond `at`: ids made before are smaller."""
    return _written(prefix, at, 0)


@lru_cache(maxsize=4)
def _time(milliseconds: int) -> str:
    return "".join([_PAIRS[milliseconds >> shift & 1023] for shift in range(40, -1, -10)])


def _written(prefix: str, at: datetime, rest: int) -> str:
    pairs = _PAIRS
    return (
        f"{prefix}_{_time(max(0, int(at.timestamp() * 1000)))}"
        f"{pairs[rest >> 70]}{pairs[rest >> 60 & 1023]}"
        f"{pairs[rest >> 50 & 1023]}{pairs[rest >> 40 & 1023]}"
        f"{pairs[rest >> 30 & 1023]}{pairs[rest >> 20 & 1023]}"
        f"{pairs[rest >> 10 & 1023]}{pairs[rest & 1023]}"
    )
