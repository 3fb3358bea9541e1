"""The operations that list records and read them one by one, from what resources say."""

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta
from connector.api.operation import Handler, Operation
from connector.api.parameters import path_parameter
from connector.faces.rest.answers import answer_found, answer_page
from connector.faces.rest.lines import line_operations
from connector.faces.rest.naming import plural, singular
from connector.faces.rest.parameters import (
    LIST_PARAMETERS,
    RAW_DATA,
    filter_parameter,
    order_parameters,
    read_list,
    read_single,
)
from connector.reading import Reading
from connector.resources.resource import Resource
from oauth.admitted import account_of


def reading_operations(resources: Iterable[Resource[Any]]) -> Iterator[Operation[Reading]]:
    """Declare list and single read of each resource, and those of its lines."""
    for resource in resources:
        yield _list(resource, resource.name, resource.many, resource.description)
        yield _get(resource, resource.name, resource.one)
        yield from line_operations(resource)
        for other in resource.also_at:
            yield _list(resource, other.name, other.many, other.description)
            yield _get(resource, other.name, other.one)


def _list(resource: Resource[Any], name: str, many: str, description: str) -> Operation[Reading]:
    return Operation(
        method="GET",
        path=f"/accounting/{name}",
        summary=f"List {many}",
        name=f"list{plural(name)}",
        handler=_lists(resource),
        permission=resource.permission,
        offers=(resource.name, "read"),
        parameters=(
            *LIST_PARAMETERS,
            *(filter_parameter(each) for each in resource.filters),
            *order_parameters(singular(name), resource.orders),
        ),
        response=Envelope[tuple[resource.model, ...], Meta],  # type: ignore[name-defined]
        description=description,
        tag="accounting",
    )


def _get(resource: Resource[Any], name: str, one: str) -> Operation[Reading]:
    listed: Any = Envelope[tuple[resource.model, ...], Meta]  # type: ignore[name-defined]
    single: Any = Envelope[resource.model, Meta]  # type: ignore[name-defined]
    return Operation(
        method="GET",
        path=f"/accounting/{name}/{{{resource.id_name}}}",
        summary=f"Read {one}",
        name=f"get{singular(name)}",
        handler=_gets(resource),
        permission=resource.permission,
        offers=(resource.name, "read"),
        parameters=(path_parameter(resource.id_name, "Its id."), RAW_DATA),
        response=listed if resource.single_as_list else single,
        tag="accounting",
    )


def _lists(resource: Resource[Any]) -> Handler[Reading]:
    async def serve(reading: Reading, request: Request) -> Response:
        asked = read_list(request, filters=resource.filters, orders=resource.orders)
        page = await reading.list(account_of(request), resource.chosen, asked.query)
        return answer_page(request, asked, page)

    return serve


def _gets(resource: Resource[Any]) -> Handler[Reading]:
    async def serve(reading: Reading, request: Request) -> Response:
        asked = read_single(request)
        wanted = request.path_params[resource.id_name]
        found = await reading.get(account_of(request), resource.chosen, wanted)
        return answer_found(request, asked, found, as_list=resource.single_as_list)

    return serve
