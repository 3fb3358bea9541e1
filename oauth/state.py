"""The `state` parameter: signed, short-lived, and bound to one link. Pure.

That it is used once is the database's part (`links.used_at`); that it is ours and fresh is checked
here. It holds ids only, so it may be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from oauth.errors import StateExpired, StateInvalid

_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class LinkState:
    """Which link a browser is coming back from."""

    link_id: str
    tenant_id: str
    target: str


class _Signer(TimestampSigner):
    """Stamps with the moment it's given, since time is an argument."""

    def __init__(self, *args: Any, at: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def get_timestamp(self) -> int:
        return self._at


def write_state(state: LinkState, keys: Sequence[bytes], *, at: datetime) -> str:
    """Sign a state with the last of the keys."""
    serializer = _serializer(keys, at)
    return serializer.dumps([state.link_id, state.tenant_id, state.target])


def read_state(text: str, keys: Sequence[bytes], *, at: datetime, life: timedelta) -> LinkState:
    """Check a state and read it. Raises StateInvalid and StateExpired."""
    if not 0 < len(text) <= _LONGEST or not text.isascii():
        raise StateInvalid
    try:
        content, signed_at = _serializer(keys, at).loads(text, return_timestamp=True)
    except BadData:
        raise StateInvalid from None
    if at - signed_at > life:
        raise StateExpired
    match content:
        case [str(link_id), str(tenant_id), str(target)]:
            return LinkState(link_id, tenant_id, target)
        case _:
            raise StateInvalid


def _serializer(keys: Sequence[bytes], at: datetime) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        list(keys),
        salt=b"oauth.state",
        signer=_Signer,
        signer_kwargs={
            "at": int(at.timestamp()),
            "key_derivation": "hmac",
            "digest_method": sha256,
        },
    )
