"""Calls to Qonto whose answers are read at once."""

from collections.abc import Callable
from typing import TypeVar

from connector.errors import DownstreamError
from connector.http import Call, ProviderClient
from connector.providers.qonto.documents.reading import Unreadable

R = TypeVar("R")


async def fetch(http: ProviderClient, account_id: str, call: Call, read: Callable[[bytes], R]) -> R:
    """Make a call and read its answer. Raises what `ProviderClient.send` raises."""
    answer = await http.send(account_id, call)
    try:
        return read(answer.body)
    except Unreadable as error:
        raise DownstreamError(f"Qonto's answer can't be read: {error}.") from None
