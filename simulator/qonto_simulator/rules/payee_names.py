"""How near two names of a payee are to each other, as a bank sees it."""

from __future__ import annotations

import re
from typing import Literal

from qonto_simulator.filters import plain

Nearness = Literal["same", "close", "other"]

_LEGAL_FORMS = frozenset(
    [
        *("sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scop", "ei"),
        *("gmbh", "ug", "ag", "kg", "ohg", "gbr", "ev", "ek", "se"),
        *("srl", "srls", "spa", "sapa", "ss"),
        *("sl", "slu", "sau", "slp", "scl"),
        *("ltd", "llc", "plc", "inc", "bv", "nv", "oy", "ab", "as", "aps"),
    ]
)
_SHORTEST = 4
"""In shorter words one letter makes another word."""


def compare(asked: str, holder: str) -> Nearness:
    """``close`` for case, accents, punctuation, spaces, legal form, order of
    words, or one typing error."""
    if asked.split() == holder.split():
        return "same"
    ours, theirs = _words(asked), _words(holder)
    if not ours or not theirs:
        return "other"
    is_close = (
        sorted(ours) == sorted(theirs)
        or "".join(ours) == "".join(theirs)
        or _has_one_typo(ours, theirs)
    )
    return "close" if is_close else "other"


def _words(name: str) -> list[str]:
    """Plain words without the legal form; a name that is nothing else keeps it."""
    # "S.r.l." is one word, "Saint-Jean" and "Dupont&Fils" are several.
    words = re.findall(r"\w+", plain(name).replace(".", "").replace("_", " "))
    return [word for word in words if word not in _LEGAL_FORMS] or words


def _has_one_typo(ours: list[str], theirs: list[str]) -> bool:
    """Whether all words but one are the same, in any order, and that one has a typing error."""
    rest = list(theirs)
    odd: list[str] = []
    for word in ours:
        if word in rest:
            rest.remove(word)
        else:
            odd.append(word)
    return len(odd) == 1 and len(rest) == 1 and _is_one_typo(odd[0], rest[0])


def _is_one_typo(one: str, other: str) -> bool:
    """Whether a letter is missing, too much, wrong, or has changed places with the next."""
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )
