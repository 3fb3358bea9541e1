"""What this process has seen in the last minutes, so that asking for it again costs no database."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Recently(Generic[K]):
    """Remembers up to `most` keys, each for `life`; the ones not asked for longest go first."""

    def __init__(self, *, most: int, life: timedelta) -> None:
        self._most = most
        self._life = life
        self._since: OrderedDict[K, datetime] = OrderedDict()

    def has(self, key: K, now: datetime) -> bool:
        since = self._since.get(key)
        if since is None:
            return False
        if now - since >= self._life:
            del self._since[key]
            return False
        self._since.move_to_end(key)
        return True

    def add(self, key: K, now: datetime) -> None:
        self._since[key] = now
        self._since.move_to_end(key)
        if len(self._since) > self._most:
            self._since.popitem(last=False)
