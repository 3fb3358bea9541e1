"""What a token endpoint's answer says. Pure.

The tokens in it may be the only ones that work from now on. So every other odd member is replaced
by its usual value and named in a warning; only an answer without an access token is refused.
"""

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from oauth.tokens import TokenSet

USUAL_LIFETIME = timedelta(hours=1)
"""Qonto's documented one."""

LONGEST_LIFETIME = timedelta(days=1)
"""What no access token is believed to exceed: one that ends early is noticed late."""

_LONGEST_TOKEN = 16_384
"""Characters. Nobody's header takes more."""

_ENDLESS = LONGEST_LIFETIME.total_seconds() + 1


class TokenRefused(Exception):
    """The answer is an OAuth 2.0 error; `error` is its name, whatever it is."""

    def __init__(self, error: object) -> None:
        super().__init__()
        self.error = error


def read_answer(
    body: bytes, *, at: datetime, asked: frozenset[str], refresh_token: str | None
) -> TokenSet:
    """Read an answer's body; `at`, `asked` and `refresh_token` are what it may leave out.

    Raises TokenRefused, and ValueError when there is no token in it.
    """
    answer = _parse(body)
    if "error" in answer:
        raise TokenRefused(answer["error"])
    access_token = _token(answer.get("access_token"))
    if access_token is None:
        raise ValueError("there is no access token")
    lifetime, is_lifetime_odd = _lifetime(answer.get("expires_in"))
    scopes, are_scopes_odd = _scopes(answer.get("scope"), asked)
    given = answer.get("refresh_token")
    next_token = _token(given)
    kind = answer.get("token_type")
    odd = {
        "expires_in": is_lifetime_odd,
        "scope": are_scopes_odd,
        "refresh_token": given is not None and next_token is None,
        "token_type": not isinstance(kind, str) or kind.lower() != "bearer",
    }
    return TokenSet(
        access_token=access_token,
        refresh_token=next_token or refresh_token,
        expires_at=at + lifetime,
        scopes=scopes,
        oddities=tuple(name for name, is_odd in odd.items() if is_odd),
    )


def _parse(body: bytes) -> Mapping[str, Any]:
    """Read a JSON object; a number beyond all measure is one that is too large."""
    try:
        found = json.loads(body, parse_int=lambda text: int(text) if len(text) < 20 else _ENDLESS)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return cast(dict[str, Any], found)


def _token(given: object) -> str | None:
    """Return what can be sent in a header or a form, as RFC 6749 spells tokens; else None."""
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST_TOKEN:
        return None
    return given if given.isascii() and given.isprintable() and " " not in given else None


def _lifetime(given: object) -> tuple[timedelta, bool]:
    """Return how long the access lives, and whether that had to be guessed or cut."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    try:
        seconds = float(cast(float, given)) if is_number or isinstance(given, str) else 0.0
    except ValueError:
        seconds = 0.0
    if not math.isfinite(seconds) or seconds < 1:
        return USUAL_LIFETIME, True
    lifetime = timedelta(seconds=int(min(seconds, _ENDLESS)))
    is_cut = lifetime > LONGEST_LIFETIME
    return min(lifetime, LONGEST_LIFETIME), is_cut or not isinstance(given, int)


def _scopes(given: object, asked: frozenset[str]) -> tuple[frozenset[str], bool]:
    """Return what was granted: a list in one text, or a list; those asked for when it's absent."""
    if given is None:
        return asked, False
    items = given.split() if isinstance(given, str) else given
    if not isinstance(items, list):
        return asked, True
    named = frozenset(one for one in cast(list[object], items) if isinstance(one, str) and one)
    return (named or asked), not named or not isinstance(given, str)
