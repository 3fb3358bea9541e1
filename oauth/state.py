"""The `state` parameter: signed, short-lived, and bound to one link. Pure.

That it is used once is the database's part (`links.used_at`); that it is ours and fresh is checked
here. It holds ids only, so it may be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData

from oauth.errors import StateExpired, StateInvalid
from oauth.signed import serializer

_LONGEST = 1000
_SALT = b"oauth.state"


@dataclass(frozen=True, slots=True)
class LinkState:
    """Which link a browser is coming back from."""

    link_id: str
    tenant_id: str
    target: str


def write_state(state: LinkState, keys: Sequence[bytes], *, at: datetime) -> str:
    """Sign a state with the last of the keys."""
    return serializer(keys, _SALT, at).dumps([state.link_id, state.tenant_id, state.target])


def read_state(text: str, keys: Sequence[bytes], *, at: datetime, life: timedelta) -> LinkState:
    """Check a state and read it. Raises StateInvalid and StateExpired."""
    if not 0 < len(text) <= _LONGEST or not text.isascii():
        raise StateInvalid
    try:
        content, signed_at = serializer(keys, _SALT, at).loads(text, return_timestamp=True)
    except BadData:
        raise StateInvalid from None
    if at - signed_at > life:
        raise StateExpired
    match content:
        case [str(link_id), str(tenant_id), str(target)]:
            return LinkState(link_id, tenant_id, target)
        case _:
            raise StateInvalid
