"""Ids that say what they name and sort by the time they were made.

`acct_01K9...`: a prefix, then 48 bits of milliseconds and 80 random bits in Crockford's base 32,
the layout of a ULID.
"""

import secrets
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
"""Two digits at a time: an accepted event takes two ids."""
_SHIFTS = range(120, -1, -10)


def new_id(prefix: str, at: datetime) -> str:
    """Make an id such as `evt_01K9ZK6D3T5X8Q2M4N7P9R1S3V` for a record made at `at`."""
    return _written(prefix, _milliseconds(at), secrets.randbits(80))


def first_id(prefix: str, at: datetime) -> str:
    """Answer the smallest id of the millisecond `at`: ids made before are smaller."""
    return _written(prefix, _milliseconds(at), 0)


def _milliseconds(at: datetime) -> int:
    return max(0, int(at.timestamp() * 1000))


def _written(prefix: str, milliseconds: int, rest: int) -> str:
    number = (milliseconds << 80) | rest
    digits = [_PAIRS[number >> shift & 1023] for shift in _SHIFTS]
    return f"{prefix}_{''.join(digits)}"
