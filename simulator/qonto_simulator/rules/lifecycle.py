"""Which step of an e-invoice may follow which, by the French status codes 200 to 214.

::

    200 deposited -> 201 issued -> 202 received -> what the buyer does, up to
    210 refused or 212 paid; 213 rejected by a platform, before the buyer has seen it

Nothing follows 210, 212 and 213.
"""

from __future__ import annotations

from collections.abc import Sequence

DEPOSITED, ISSUED, RECEIVED = 200, 201, 202
APPROVED, REFUSED, REJECTED = 205, 210, 213

_ANSWERS = frozenset({204, 205, 206, 207, 208, 210, 211, 212, 214})
"""What a buyer may do with an invoice that waits for an answer."""

_FOLLOWS: dict[int | None, frozenset[int]] = {
    None: frozenset({DEPOSITED, REJECTED}),
    DEPOSITED: frozenset({ISSUED, REJECTED}),
    ISSUED: frozenset({RECEIVED, REJECTED}),
    RECEIVED: _ANSWERS | {203, REJECTED},
    203: _ANSWERS,
    204: _ANSWERS - {204},
    APPROVED: frozenset({207, 211, 212, 214}),
    206: _ANSWERS - {204, 206},
    207: _ANSWERS - {204, 207},
    208: frozenset({209, REFUSED}),
    209: _ANSWERS,
    211: frozenset({207, 212}),
    214: frozenset({205, 207, 211, 212}),
    REFUSED: frozenset(),
    212: frozenset(),
    REJECTED: frozenset(),
}

NEED_REASON = frozenset({206, 207, 208, REFUSED, REJECTED})
ANSWERS = tuple(sorted(_ANSWERS | {203, REJECTED}))
"""What may come first once a platform has received an invoice."""


def may_follow(codes: Sequence[int], code: int) -> bool:
    """Whether a step may come after those before it."""
    return code in _FOLLOWS[codes[-1] if codes else None]


def status_after(codes: Sequence[int], before: str) -> str:
    """The ``einvoicing_status`` after a step; most of what a buyer does leaves it as it was."""
    match codes[-1]:
        case 200 | 201 | 202:
            return "submitted"
        case 205:
            return "approved"
        case 210:
            return "declined"
        case 213:
            return "not_delivered" if ISSUED in codes else "submission_failed"
        case _:
            return before
