"""Token sets on their way into and out of the database. Pure."""

from collections.abc import Mapping
from datetime import datetime

from oauth.tokens import Access, TokenSet
from storage.repositories.tokens import StoredTokens, access_place, refresh_place
from storage.sealing import KeyRing


def seal_tokens(ring: KeyRing, account_id: str, tokens: TokenSet, at: datetime) -> StoredTokens:
    """Seal a token set received at `at` for its account's row."""
    refresh_token = tokens.refresh_token
    return StoredTokens(
        account_id=account_id,
        access_token=ring.seal(tokens.access_token, place=access_place(account_id)),
        refresh_token=(
            None
            if refresh_token is None
            else ring.seal(refresh_token, place=refresh_place(account_id))
        ),
        expires_at=tokens.expires_at,
        scopes=" ".join(sorted(tokens.scopes)),
        updated_at=at,
    )


def open_access(ring: KeyRing, stored: StoredTokens, extra_headers: Mapping[str, str]) -> Access:
    """Open the access of a stored set. Raises SecretUnreadable."""
    token = ring.open_text(stored.access_token, place=stored.access_place)
    return Access(
        headers=bearer(token, extra_headers),
        scopes=frozenset(stored.scopes.split()),
        expires_at=stored.expires_at,
        version=stored.version,
    )


def bearer(access_token: str, extra_headers: Mapping[str, str]) -> dict[str, str]:
    """Write the headers of a call with an access token, beside those every call needs."""
    return {"Authorization": f"Bearer {access_token}", **extra_headers}
