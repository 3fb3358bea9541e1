"""The door for assistants: tools of the Model Context Protocol over the use cases.

    http, stdio   where sessions come in, and who they are
    server        the SDK's server: lists tools, calls them
    toolbox       all tools
    tool          what a tool is

Only `server`, `http`, `stdio` and `consent` need the SDK, which the extra `mcp` installs.
"""
