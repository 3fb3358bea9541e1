"""Where copies go, by what operators write: a destination, and a store for documents."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from connector.copying.ports import Destination, DocumentStore
from connector.copying.work import CopyPlace


@dataclass(frozen=True, slots=True)
class Openers:
    """How a destination and a store for documents are opened, by their addresses."""

    destination: Callable[[str], Destination]
    documents: Callable[[str], DocumentStore]


def _destination(to: str) -> Destination:
    from connector.copying.destinations.opening import open_destination

    return open_destination(to)


def _documents(to: str) -> DocumentStore:
    from connector.copying.documents.opening import open_documents

    return open_documents(to)


OPENERS = Openers(_destination, _documents)
"""Opens all kinds of places; what a kind needs is imported when it's opened."""


def name_of(to: str) -> str:
    """Return an address as a copy is remembered by: without credentials and options.

    Two copies in schemas of one database are two.
    """
    parts = urlsplit(to)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    schema = dict(parse_qsl(parts.query)).get("schema", "")
    path = f"{parts.path}?schema={schema}" if schema else parts.path
    return f"{parts.scheme}://{host}{port}{path}" if "//" in to else f"{parts.scheme}:{path}"


@asynccontextmanager
async def opened(openers: Openers, to: str, documents: str | None) -> AsyncGenerator[CopyPlace]:
    """Open where a copy goes while the block runs. Raises Invalid for what is no place."""
    async with AsyncExitStack() as stack:
        destination = openers.destination(to)
        stack.push_async_callback(destination.close)
        store: DocumentStore | None = None
        if documents:
            store = openers.documents(documents)
            stack.push_async_callback(store.close)
        yield CopyPlace(name_of(to), destination, store)
