"""Everything put together, for one command."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from connector.app.actions.ground import settings
from connector.app.container import Container, assemble
from storage import schema


@asynccontextmanager
async def assembled() -> AsyncGenerator[Container]:
    """Everything, for one command, on a database that is known to be current."""
    container = assemble(settings())
    try:
        await schema.require_current(container.storage.database)
        yield container
    finally:
        await container.close()
