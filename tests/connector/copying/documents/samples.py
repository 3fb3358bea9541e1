"""Documents to store."""

from collections.abc import AsyncIterator


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    """Stream chunks."""
    for chunk in chunks:
        yield chunk


async def broken_off(*chunks: bytes) -> AsyncIterator[bytes]:
    """Stream chunks, and then fail."""
    for chunk in chunks:
        yield chunk
    raise ConnectionError("the other side went away")


async def megabytes(count: int) -> AsyncIterator[bytes]:
    """Stream so many, in pieces of 64 KiB that differ."""
    for number in range(count * 16):
        yield number.to_bytes(8, "big") * 8192
