"""Calls to Qonto whose answers are read at once."""

from collections.abc import Callable
from typing import TypeVar

from connector.http import ProviderCall, ProviderClient
from connector.providers.qonto.client import readable

R = TypeVar("R")


async def fetch(
    http: ProviderClient, account_id: str, call: ProviderCall, read: Callable[[bytes], R]
) -> R:
    """Make a call and read its answer. Raises what `ProviderClient.send` raises."""
    return readable(read, await http.send(account_id, call))
