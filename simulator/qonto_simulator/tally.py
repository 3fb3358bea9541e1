"""Counts of what happened, kept as it happens: reading them costs the same after any load."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FILE = re.compile(r"^/files/.*")
_PATHS = 1_000
_OTHER = "other"
_GRANT_TYPES = ("authorization_code", "refresh_token")

Ending = Literal["code_used_twice", "old_refresh_token", "revoked_by_client", "consent_revoked"]
"""Why a family of tokens ended."""


class Counts(TypedDict):
    """What was counted since the start, the last reset, or ``clear_counts``."""

    requests: Annotated[int, Meta(description="All requests but control calls and pages")]
    by_path: Annotated[
        dict[str, int],
        Meta(description="By method and path, ids as `{id}`; beyond 1,000 paths under `other`"),
    ]
    by_status: Annotated[
        dict[str, int], Meta(description="By status, `dropped` for those without an answer")
    ]
    unauthorized: Annotated[int, Meta(description="Answers 401 of `/v2` and the token endpoints")]
    unauthorized_last_hour: Annotated[
        dict[str, int],
        Meta(description="Of these, by address, what counts towards the limit of 200 in an hour"),
    ]
    token_requests: Annotated[
        dict[str, int], Meta(description="By grant type, refused ones as well")
    ]
    refreshes: Annotated[int, Meta(description="Refresh tokens that were exchanged")]
    refreshes_again: Annotated[
        int,
        Meta(description="Of these, with a token that had been used before, in its grace period"),
    ]
    families_revoked: Annotated[
        dict[str, int], Meta(description="Families of tokens that ended, by the reason")
    ]


class Tally:
    """Counters by name; a few hundred at most."""

    def __init__(self) -> None:
        self._paths: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._grant_types: Counter[str] = Counter()
        self._endings: Counter[str] = Counter()
        self._numbers: Counter[str] = Counter()

    def asked(self, method: str, path: str) -> None:
        """Counts a request before it is answered."""
        self._numbers["requests"] += 1
        name = f"{method} {_FILE.sub('/files/{id}/{name}', _UUID.sub('{id}', path))}"
        known = name in self._paths or len(self._paths) < _PATHS
        self._paths[name if known else _OTHER] += 1

    def answered(self, status: int | None) -> None:
        """Counts how a request ended; ``None`` is a dropped connection."""
        self._statuses["dropped" if status is None else str(status)] += 1

    def unauthorized(self) -> None:
        self._numbers["unauthorized"] += 1

    def token_request(self, grant_type: str) -> None:
        self._grant_types[grant_type if grant_type in _GRANT_TYPES else _OTHER] += 1

    def refreshed(self, *, again: bool) -> None:
        self._numbers["refreshes"] += 1
        self._numbers["refreshes_again"] += again

    def ended(self, ending: Ending) -> None:
        """Counts a family of tokens that ended."""
        self._endings[ending] += 1

    def counts(self, unauthorized_last_hour: dict[str, int]) -> Counts:
        """All counters as they stand."""
        return Counts(
            requests=self._numbers["requests"],
            by_path=dict(self._paths),
            by_status=dict(self._statuses),
            unauthorized=self._numbers["unauthorized"],
            unauthorized_last_hour=unauthorized_last_hour,
            token_requests=dict(self._grant_types),
            refreshes=self._numbers["refreshes"],
            refreshes_again=self._numbers["refreshes_again"],
            families_revoked=dict(self._endings),
        )

    def clear(self) -> None:
        for counter in (
            self._paths,
            self._statuses,
            self._grant_types,
            self._endings,
            self._numbers,
        ):
            counter.clear()
