"""The lines of a document, as a list of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.errors import DocumentNotFound
from connector.ports import Found, Page
from connector.routes.answers import answer_found, answer_page
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import LIST_PARAMETERS, RAW_DATA, read_list, read_single
from connector.routes.resource import Resource
from connector.unified.envelope import Envelope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lines(Generic[T]):
    """Lines that come with their document: `of` answers them, `id_of` the id of one.

    They have no moment of their own, so that they count as changed when their document did. Raw
    data is the document. Without `id_of` there is no single read.
    """

    documents: Resource[Any]
    model: type[T]
    of: Callable[[Any], Sequence[T]]
    id_of: Callable[[T], str | None] | None

    @property
    def routes(self) -> list[Route]:
        """Answer the routes of the list and, where lines have ids, of the single read."""
        found = [Route(self._path, self._list, methods=["GET"])]
        if self.id_of is not None:
            found.append(Route(f"{self._path}/{{lineItemId}}", self._get, methods=["GET"]))
        return found

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Describe them."""
        listed: Any = Envelope[tuple[self.model, ...]]  # type: ignore[name-defined]
        single: Any = Envelope[self.model]  # type: ignore[name-defined]
        parent = Parameter(
            self.documents.id_name, "path", {"type": "string"}, "The document's id.", required=True
        )
        line = Parameter("lineItemId", "path", {"type": "string"}, "The line's id.", required=True)
        described = Operation(
            self._path,
            "GET",
            f"List the lines of {self.documents.one}",
            parameters=(parent, *LIST_PARAMETERS),
            response=listed,
            description="In the order of the document.",
        )
        if self.id_of is None:
            return (described,)
        return (
            described,
            Operation(
                f"{self._path}/{{lineItemId}}",
                "GET",
                f"Read a line of {self.documents.one}",
                parameters=(parent, line, RAW_DATA),
                response=single,
            ),
        )

    @property
    def _path(self) -> str:
        return f"{self.documents.path}/{{{self.documents.id_name}}}/lineItems"

    async def _list(self, request: Request) -> Response:
        asked = read_list(request)
        found = await self.documents.find(request)
        query = asked.query
        lines = self.of(found.item) if _changed_since(found.item, query.modified_since) else ()
        skip = (query.page - 1) * query.limit
        page: Page[T] = Page(
            items=tuple(lines[skip : skip + query.limit]),
            warnings=found.warnings,
            raw=found.raw if query.raw else None,
            total=len(lines),
            page=query.page,
            per_page=query.limit,
            total_pages=-(-len(lines) // query.limit),
        )
        return answer_page(request, asked, page)

    async def _get(self, request: Request) -> Response:
        asked = read_single(request)
        found = await self.documents.find(request)
        wanted = request.path_params["lineItemId"]
        for line in self.of(found.item):
            if self.id_of is not None and self.id_of(line) == wanted:
                return answer_found(request, asked, Found(line, found.warnings, found.raw))
        raise DocumentNotFound("The document has no line of that id.")


def _changed_since(document: Any, moment: datetime | None) -> bool:
    changed: str | None = document.updated_date
    return moment is None or changed is None or datetime.fromisoformat(changed) >= moment
