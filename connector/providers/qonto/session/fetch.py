"""Calls to Qonto whose answers are read at once, and the ids that they take."""

import re
from collections.abc import Callable
from typing import TypeVar

from connector.errors import DownstreamError
from connector.http import Call, ProviderClient
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.session.listing import unknown_id

R = TypeVar("R")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


async def fetch(http: ProviderClient, account_id: str, call: Call, read: Callable[[bytes], R]) -> R:
    """Make a call and read its answer. Raises what `ProviderClient.send` raises."""
    answer = await http.send(account_id, call)
    try:
        return read(answer.body)
    except Unreadable as error:
        raise DownstreamError(f"Qonto's answer can't be read: {error}.") from None


def known_id(text: str) -> str:
    """Answer an id that Qonto may know. Raises DocumentNotFound for anything but a UUID."""
    if not _UUID.fullmatch(text):
        raise unknown_id()
    return text
