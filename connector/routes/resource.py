"""One kind of record under /accounting: its list, its single read, and how both are described."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.ports import Found
from connector.reading import Chosen, Reading
from connector.routes.answers import answer_found, answer_page
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import (
    LIST_PARAMETERS,
    RAW_DATA,
    Filter,
    order_parameters,
    read_list,
    read_single,
)
from connector.unified.envelope import Envelope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Resource(Generic[T]):
    """A kind of record that is listed and read one by one.

    `path` is its list's, `id_name` the contract's name for an id in a path. `chosen` picks its
    reader. `one` and `many` name it in a sentence. `shown` turns what the reader answers into what
    this path answers, for a path that shows another resource's records in a shape of its own.
    """

    path: str
    id_name: str
    chosen: Chosen[Any]
    model: type[T]
    one: str
    many: str
    filters: tuple[Filter, ...] = ()
    orders: tuple[str, ...] = ()
    description: str = ""
    shown: Callable[[Any], T] | None = None
    single_as_list: bool = False

    @property
    def routes(self) -> list[Route]:
        """Answer the routes of the list and of the single read."""
        return [
            Route(self.path, self._list, methods=["GET"]),
            Route(f"{self.path}/{{{self.id_name}}}", self._get, methods=["GET"]),
        ]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Describe both."""
        listed: Any = Envelope[tuple[self.model, ...]]  # type: ignore[name-defined]
        single: Any = Envelope[self.model]  # type: ignore[name-defined]
        return (
            Operation(
                self.path,
                "GET",
                f"List {self.many}",
                parameters=(
                    *LIST_PARAMETERS,
                    *(each.parameter for each in self.filters),
                    *order_parameters(self.orders),
                ),
                response=listed,
                description=self.description,
            ),
            Operation(
                f"{self.path}/{{{self.id_name}}}",
                "GET",
                f"Read {self.one}",
                parameters=(
                    Parameter(self.id_name, "path", {"type": "string"}, "Its id.", required=True),
                    RAW_DATA,
                ),
                response=listed if self.single_as_list else single,
            ),
        )

    async def _list(self, request: Request) -> Response:
        asked = read_list(request, filters=self.filters, orders=self.orders)
        page = await reading_of(request).list(request.state.account, self.chosen, asked.query)
        return answer_page(request, asked, page, shown=self.shown)

    async def _get(self, request: Request) -> Response:
        asked = read_single(request)
        found = await self.find(request)
        return answer_found(request, asked, found, shown=self.shown, as_list=self.single_as_list)

    async def find(self, request: Request) -> Found[Any]:
        """Read the record that the path names."""
        return await reading_of(request).get(
            request.state.account, self.chosen, request.path_params[self.id_name]
        )


def reading_of(request: Request) -> Reading:
    """Answer the use case that reads."""
    return request.app.state.container.reading
