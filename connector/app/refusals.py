"""Keys that were refused: each leaves a trace, and whoever presents many is slowed down.

A key that is good is never asked to wait, whatever else its address sends.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable

from connector.app.addresses import owner_of
from connector.app.errors import TooManyBadKeys
from storage.log import logger

_WINDOW = 60.0
_MOST_ADDRESSES = 10_000
_KEY_FORMAT = re.compile(r"((?:sk|acc|xc)_[A-Za-z0-9_-]{4})[A-Za-z0-9_-]{12,}")


def hint_of(key: str) -> str:
    """Return as much of a presented key as lists show of it; nothing of what is no key of ours."""
    found = _KEY_FORMAT.fullmatch(key)
    return found.group(1) if found else "not a key of this service"


class KeyRefusals:
    """Notes refused keys by the address they came from.

    `observe` is told of each: `unknown`, `slowed` or `denied`. `per_minute` of 0 slows nobody.
    """

    def __init__(
        self,
        per_minute: int,
        observe: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_minute = per_minute
        self._observe = observe
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def denied(self, address: str, key: str, code: str) -> None:
        """Note that a good key was used for what it may not do."""
        self._observe("denied")
        logger.warning("auth.refused", address=address, key_hint=hint_of(key), code=code)

    def missing(self) -> None:
        """Note that somebody came without a key; the access log says who."""
        self._observe("missing")

    def refused(self, address: str, key: str, code: str) -> None:
        """Note an unknown or revoked key. Raises TooManyBadKeys once there were too many."""
        now, owner = self._clock(), owner_of(address)
        since, count = self._seen.pop(owner, (now, 0))
        if now - since >= _WINDOW:
            since, count = now, 0
        count += 1
        self._seen[owner] = since, count
        if len(self._seen) > _MOST_ADDRESSES:
            self._seen.popitem(last=False)
        if not self._per_minute or count <= self._per_minute:
            self._observe("unknown")
            logger.warning("auth.refused", address=address, key_hint=hint_of(key), code=code)
            return
        self._observe("slowed")
        if count == self._per_minute + 1:  # the others of this minute would only fill the log
            logger.warning("auth.slowed", address=address, key_hint=hint_of(key), code=code)
        raise TooManyBadKeys(since + _WINDOW - now)
