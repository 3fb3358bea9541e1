"""How tools that write are made, and how one is told which record is meant."""

from typing import Any

from connector.api.operation import Permission
from connector.faces.mcp.acting import ToolAct, written
from connector.faces.mcp.pointing import ByNumber, pointed_at
from connector.faces.mcp.reading import Library
from connector.faces.mcp.tool import Hints, Tool, Who
from connector.finding import EVERY, NumberedKind
from connector.ports import Query

DRAFTS = Query(status="DRAFT"), "draft"
UNPAID = Query(unpaid=True), "unpaid"
PENDING = Query(status="SENT"), "pending"
ANY = EVERY, ""

LAST = Hints(is_destructive=True, is_idempotent=False)
MAILED = Hints(is_destructive=True, is_idempotent=False, is_open=True)
CHANGED = Hints(is_destructive=True, is_idempotent=True)


async def meant(
    library: Library, who: Who, kind: NumberedKind, told: ByNumber, fitting: tuple[Query, str]
) -> str:
    query, said = fitting
    return await pointed_at(library.finding, who.account, kind, told, query, said)


def act_tool(
    name: str, description: str, act: ToolAct, input: Any, run: Any, hints: Hints
) -> Tool[Any]:
    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description=description,
        permission=Permission(act.write.permission),
        input=input,
        output=written(act.resource.model),
        run=run,
        hints=hints,
    )
