"""Servers that tests start by the hundred."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

import uvicorn.server

_LOOK = 0.01


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Let uvicorn look every 10 ms whether it should end, and who is left, and not every 100."""

    def sleep(_seconds: float) -> object:
        return asyncio.sleep(_LOOK)

    quicker = SimpleNamespace(**{**vars(asyncio), "sleep": sleep})
    with mock.patch.object(uvicorn.server, "asyncio", quicker):
        yield
