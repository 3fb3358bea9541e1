"""The way straight to a receiver, over sockets that are vetted as they are made."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohappyeyeballs import (
    start_connection,  # pyright: ignore[reportUnknownVariableType] (a bare tuple in its types)
)

from webhooks.callback_target import CallbackTarget
from webhooks.names import AddressInfo, Names

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds that one address has before the next is tried beside it (RFC 8305)."""


@dataclass(frozen=True)
class DirectRoute:
    """`makes` is asked for every socket, and may refuse the address that it's for."""

    names: Names
    makes: Callable[[AddressInfo], socket.socket]

    async def connect(self, target: CallbackTarget) -> socket.socket:
        """Return a socket to the first address that answers."""
        found = await self.names.addresses(target.host, target.port)
        return await reach(found, self.makes)

    async def asked_for(self, target: CallbackTarget) -> tuple[str, dict[str, str]]:
        """Return a request's target, and headers of the route's own: there are none."""
        return target.path, {}


async def reach(
    addresses: Sequence[AddressInfo], makes: Callable[[AddressInfo], socket.socket] | None = None
) -> socket.socket:
    """Connect to one of several addresses. Raises OSError."""
    try:
        return await start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, socket_factory=makes
        )
    except RuntimeError as error:  # uvloop's, for some that are OSErrors elsewhere
        raise OSError(str(error)) from error
