"""A session over standard input and output, for one account: what desktop clients start."""

from collections.abc import Mapping
from typing import Any

from mcp.server.stdio import stdio_server

from connector.faces.mcp.server import make_server
from connector.faces.mcp.tool import Tool, Who


async def serve(tools: Mapping[str, Tool[Any]], who: Who) -> None:
    """Serve until standard input ends. While it does, what is printed goes to standard error."""
    server = make_server(tools, lambda _context: who)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
