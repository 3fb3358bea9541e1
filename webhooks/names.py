"""What a host's name leads to, and which of those addresses may be called.

Names are looked up here rather than by a client or a proxy, so that what is judged is what is
called.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from storage.egress import AddressRefused, EgressPolicy

_REMEMBERED_FOR = 30.0
"""Seconds that a name's addresses are believed."""

_MOST_REMEMBERED = 1000

AddressInfo = tuple[Any, ...]
"""An address as `getaddrinfo` answers it."""


class NameUnknown(OSError):
    """The name leads nowhere."""


class Names:
    """Looks names up, each once for all that wait, and hands out addresses that may be called.

    An address in the place of a name is judged as it stands. Without a policy all may be called.
    """

    def __init__(
        self, policy: EgressPolicy | None, tell_time: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._tell_time = tell_time
        self._known: dict[tuple[str, int], tuple[float, tuple[AddressInfo, ...]]] = {}
        self._pending: dict[tuple[str, int], asyncio.Task[tuple[AddressInfo, ...]]] = {}

    async def addresses(self, host: str, port: int) -> tuple[AddressInfo, ...]:
        """Return at least one address. Raises NameUnknown, AddressRefused, and ValueError for
        what is no name.
        """
        key = host, port
        until, known = self._known.get(key, (0.0, ()))
        if self._tell_time() < until:
            return known
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._look_up(host, port))
            task.add_done_callback(lambda done: self._has_found(key, done))
        return await asyncio.shield(task)

    def _has_found(
        self, key: tuple[str, int], task: "asyncio.Task[tuple[AddressInfo, ...]]"
    ) -> None:
        del self._pending[key]
        if task.cancelled() or task.exception() is not None:
            return
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = self._tell_time() + _REMEMBERED_FOR, task.result()

    async def _look_up(self, host: str, port: int) -> tuple[AddressInfo, ...]:
        policy = self._policy
        if policy is not None and not policy.permits_name(host):
            raise AddressRefused("the host is denied")
        found = _literal(host, port) or await _resolved(host, port)
        vetted = tuple(dict.fromkeys(one for one in found if policy is None or policy.vets(one)))
        if not vetted:
            raise AddressRefused("the address is not a public one")
        return vetted


def is_address(host: str) -> bool:
    """Say whether a host is an address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _resolved(host: str, port: int) -> list[AddressInfo]:
    with suppress(OSError):
        socket.inet_aton(host.rstrip("."))
        raise ValueError("an IPv4 address is four decimal numbers with dots")
    host.encode("idna")  # raises ValueError here, whatever a loop would raise
    try:
        return list(
            await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
        )
    except OSError:
        raise NameUnknown("the name leads nowhere") from None


def _literal(host: str, port: int) -> list[AddressInfo]:
    if not is_address(host):
        return []
    stream = socket.SOCK_STREAM, socket.IPPROTO_TCP, ""
    if ":" in host:
        return [(socket.AF_INET6, *stream, (host, port, 0, 0))]
    return [(socket.AF_INET, *stream, (host, port))]
