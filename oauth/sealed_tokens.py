"""Token sets on their way into and out of the database. Pure."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from oauth.accounts import Ready
from oauth.credentials import open_values
from oauth.ports import TargetSystem
from oauth.tokens import Access, TokenSet
from storage.errors import SecretUnreadable
from storage.repositories.tokens import (
    API_KEY,
    StoredTokens,
    access_associated_data,
    refresh_associated_data,
    values_associated_data,
)
from storage.sealing import KeyRing


def seal_tokens(ring: KeyRing, connection_id: str, tokens: TokenSet, at: datetime) -> StoredTokens:
    """Seal a token set received at `at` for its connection's row."""
    refresh_token = tokens.refresh_token
    return StoredTokens(
        connection_id=connection_id,
        access_token=ring.seal(
            tokens.access_token, associated_data=access_associated_data(connection_id)
        ),
        refresh_token=(
            None
            if refresh_token is None
            else ring.seal(refresh_token, associated_data=refresh_associated_data(connection_id))
        ),
        expires_at=tokens.expires_at,
        scopes=" ".join(sorted(tokens.scopes)),
        updated_at=at,
    )


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The column wants a moment; an API key has none."""


def seal_api_key(
    ring: KeyRing,
    connection_id: str,
    authorization: str,
    custom_values: Mapping[str, str],
    at: datetime,
) -> StoredTokens:
    """Seal an API key, as the header it is sent in, for its connection's row."""
    return StoredTokens(
        connection_id=connection_id,
        access_token=ring.seal(
            authorization, associated_data=access_associated_data(connection_id)
        ),
        refresh_token=None,
        expires_at=_NEVER,
        scopes="",
        updated_at=at,
        kind=API_KEY,
        custom_values=(
            ring.seal(
                json.dumps(dict(custom_values)),
                associated_data=values_associated_data(connection_id),
            )
            if custom_values
            else None
        ),
    )


def is_same_api_key(ring: KeyRing, stored: StoredTokens, authorization: str) -> bool:
    """Say whether a set is this API key. False for one that can't be opened any more."""
    if stored.kind != API_KEY:
        return False
    try:
        known = ring.open_text(stored.access_token, associated_data=stored.access_associated_data)
    except SecretUnreadable:
        return False
    return hmac.compare_digest(known.encode(), authorization.encode())


def open_own_values(ring: KeyRing, stored: StoredTokens) -> dict[str, str]:
    """Open the custom values beside an API key; none beside tokens. Raises SecretUnreadable."""
    if stored.custom_values is None:
        return {}
    values: dict[str, str] = json.loads(
        ring.open(
            stored.custom_values, associated_data=values_associated_data(stored.connection_id)
        )
    )
    return values


def open_access(ring: KeyRing, stored: StoredTokens, extra_headers: Mapping[str, str]) -> Access:
    """Open the access of a stored set. Raises SecretUnreadable."""
    token = ring.open_text(stored.access_token, associated_data=stored.access_associated_data)
    if stored.kind == API_KEY:
        headers = {"Authorization": token, **extra_headers}
        return Access(
            headers, scopes=None, expires_at=None, version=stored.version, is_renewable=False
        )
    return Access(
        headers=bearer(token, extra_headers),
        scopes=frozenset(stored.scopes.split()),
        expires_at=stored.expires_at,
        version=stored.version,
        is_renewable=stored.refresh_token is not None,
    )


def open_ready(ring: KeyRing, target: TargetSystem, ready: Ready) -> Access:
    """Open what calls for an account need. Raises SecretUnreadable, and what `target` does."""
    values = {} if ready.system is None else open_values(ring, ready.system)
    extra = target.extra_headers({**values, **open_own_values(ring, ready.tokens)})
    return open_access(ring, ready.tokens, extra)


def bearer(access_token: str, extra_headers: Mapping[str, str]) -> dict[str, str]:
    """Write the headers of a call with an access token, beside those every call needs."""
    return {"Authorization": f"Bearer {access_token}", **extra_headers}
