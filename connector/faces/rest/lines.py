"""The lines of a document, as a list of their own. Raw data is the document."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta
from connector.api.operation import Handler, Operation
from connector.api.parameters import path_parameter
from connector.errors import DocumentNotFound
from connector.faces.rest.answers import answer_found, answer_page
from connector.faces.rest.naming import singular
from connector.faces.rest.parameters import (
    LIST_PARAMETERS,
    RAW_DATA,
    read_list,
    read_single,
)
from connector.ports import Found, Page
from connector.reading import Reading
from connector.resources.resource import Lines, Resource
from oauth.admitted import account_of


def line_operations(documents: Resource[Any]) -> Iterator[Operation[Reading]]:
    """Declare the list of a document's lines and, where they have ids, the single read."""
    lines = documents.lines
    if lines is None:
        return
    path = f"/accounting/{documents.name}/{{{documents.id_name}}}/lineItems"
    parent = path_parameter(documents.id_name, "The document's id.")
    yield Operation(
        method="GET",
        path=path,
        summary=f"List the lines of {documents.one}",
        name=f"list{singular(documents.name)}Lines",
        handler=_lists(documents, lines),
        permission=documents.permission,
        offers=(lines.name, "read"),
        parameters=(parent, *LIST_PARAMETERS),
        response=Envelope[tuple[lines.model, ...], Meta],  # type: ignore[name-defined]
        description="In the order of the document.",
        tag="accounting",
    )
    if lines.id_of is not None:
        yield Operation(
            method="GET",
            path=f"{path}/{{lineItemId}}",
            summary=f"Read a line of {documents.one}",
            name=f"get{singular(documents.name)}Line",
            handler=_gets(documents, lines),
            permission=documents.permission,
            offers=(lines.name, "read"),
            parameters=(parent, path_parameter("lineItemId", "The line's id."), RAW_DATA),
            response=Envelope[lines.model, Meta],  # type: ignore[name-defined]
            tag="accounting",
        )


async def _document(reading: Reading, request: Request, documents: Resource[Any]) -> Found[Any]:
    wanted = request.path_params[documents.id_name]
    return await reading.get(account_of(request), documents.chosen, wanted)


def _lists(documents: Resource[Any], lines: Lines[Any]) -> Handler[Reading]:
    async def serve(reading: Reading, request: Request) -> Response:
        asked = read_list(request)
        found = await _document(reading, request, documents)
        query = asked.query
        all_lines = lines.of(found.item) if _changed_since(found.item, query.modified_since) else ()
        skip = (query.page - 1) * query.limit
        page: Page[Any] = Page(
            items=tuple(all_lines[skip : skip + query.limit]),
            warnings=found.warnings,
            raw=found.raw if query.raw else None,
            total=len(all_lines),
            page=query.page,
            per_page=query.limit,
            total_pages=-(-len(all_lines) // query.limit),
        )
        return answer_page(request, asked, page)

    return serve


def _gets(documents: Resource[Any], lines: Lines[Any]) -> Handler[Reading]:
    async def serve(reading: Reading, request: Request) -> Response:
        asked = read_single(request)
        found = await _document(reading, request, documents)
        wanted = request.path_params["lineItemId"]
        for line in lines.of(found.item):
            if lines.id_of is not None and lines.id_of(line) == wanted:
                return answer_found(request, asked, Found(line, found.warnings, found.raw))
        raise DocumentNotFound("The document has no line of that id.")

    return serve


def _changed_since(document: Any, moment: datetime | None) -> bool:
    changed: str | None = document.updated_date
    return moment is None or changed is None or datetime.fromisoformat(changed) >= moment
