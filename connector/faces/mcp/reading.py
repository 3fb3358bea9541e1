"""Tools that list records and read one, from what resources say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from connector.ageing import Ageing, unpaid_for
from connector.faces.mcp.inputs import Own
from connector.faces.mcp.listing import ListAsked, Listed
from connector.faces.mcp.pointing import ById, ByName, ByNumber, one_way, pointed_at
from connector.faces.mcp.schemas import ANY_OBJECT, Schema, answered, answering
from connector.faces.mcp.shown import HEAVY, shown, shown_found, shown_page
from connector.faces.mcp.tool import Data, Tool, Who
from connector.finding import EVERY, NumberedKind, RecordFinder, read_whole
from connector.ports import Page, Query
from connector.reading import Reading
from connector.resources.resource import Resource

WARNINGS: Schema = {
    "type": "array",
    "items": {"type": "string"},
    "description": "What could not be said, or was not used.",
}
PAGINATION: Schema = {
    "type": "object",
    "properties": {
        "page": {"type": "integer"},
        "per_page": {"type": "integer"},
        "total": {"type": "integer", "description": "How many there are in all."},
        "total_pages": {"type": "integer"},
        "has_more": {"type": "boolean", "description": "Whether a further page has more."},
    },
}
_AGES: Schema = {
    "unpaid_for": {
        "type": "object",
        "description": "With unpaid_for_days: how long each record has been unpaid, by its id.",
        "additionalProperties": {
            "type": "object",
            "properties": {
                "days_unpaid": {"type": "integer", "description": "Since the date on it."},
                "days_overdue": {"type": "integer", "description": "Below 0 before it is due."},
            },
        },
    },
    "totals_unpaid": {
        "type": "object",
        "description": "With unpaid_for_days: what all of them come to, by currency.",
        "additionalProperties": {"type": "string"},
    },
}
_SOURCE: Schema = {
    **ANY_OBJECT,
    "description": "Qonto's own document, which says more; without links to files.",
}


@dataclass(frozen=True)
class Library:
    """What tools read with. `today` is the day where the books are kept."""

    reading: Reading
    today: Callable[[], date]

    @property
    def finding(self) -> RecordFinder:
        """What finds records by what people call them."""
        return RecordFinder(self.reading)


def list_tool(
    library: Library,
    name: str,
    listed: Listed,
    description: str,
    *,
    kind: NumberedKind | None = None,
) -> Tool[ListAsked]:
    """Make a tool that lists a resource; of a `kind` it tells ages, and chooses by customer."""
    resource = listed.resource

    async def run(who: Who, asked: ListAsked) -> Data:
        query, own = asked.query, asked.own
        days = getattr(own, "unpaid_for_days", None)
        client = await _client(library, who, own)
        if kind is not None and days is not None:
            day = library.today()
            found = await unpaid_for(library.reading, who.account, kind, days, day)
            return _shown_ageing(found, query, client)
        if client is None:
            return shown_page(await library.reading.list(who.account, resource.chosen, query))
        whole = await read_whole(library.reading, who.account, resource.chosen, query)
        theirs = [one for one in whole.records if one.contact_id == client]
        return shown_page(_cut(theirs, query, whole.warnings))

    record = answered(resource.model, without=HEAVY)
    shape = {"pagination": PAGINATION, "warnings": WARNINGS, **(_AGES if kind else {})}
    return Tool(
        name=name,
        title=_title(name),
        description=description,
        permission=resource.permission,
        input=listed,
        output=answering(shape, records=(record,)),
        run=run,
    )


def get_tool(
    library: Library,
    name: str,
    resource: Resource[Any],
    description: str,
    *,
    kind: NumberedKind | None = None,
    by_name: bool = False,
) -> Tool[Any]:
    """Make a tool that reads one record: by its id, of a `kind` by its number too."""

    async def run(who: Who, asked: Any) -> Data:
        if kind is not None:
            wanted = await pointed_at(library.finding, who.account, kind, asked, EVERY, "")
        elif by_name:
            one_way(asked, "id", "name")
            wanted = asked.id or await library.finding.customer(who.account, asked.name)
        else:
            wanted = asked.id
        return shown_found(await library.reading.get(who.account, resource.chosen, wanted))

    model = ByNumber if kind is not None else ByName if by_name else ById
    shape: Mapping[str, Schema] = {"source": _SOURCE, "warnings": WARNINGS}
    return Tool(
        name=name,
        title=_title(name),
        description=description,
        permission=resource.permission,
        input=Own(model),
        output=answering(shape, record=answered(resource.model)),
        run=run,
    )


async def _client(library: Library, who: Who, own: Any) -> str | None:
    client_id = getattr(own, "client_id", None)
    client_name = getattr(own, "client_name", None)
    if client_id is not None and client_name is not None:
        one_way(own, "client_id", "client_name")
    if client_name is not None:
        return await library.finding.customer(who.account, client_name)
    return client_id


def _shown_ageing(found: Ageing, query: Query, client: str | None) -> Data:
    """Return a page of what has been unpaid for long, with ages and the sums of all of it."""
    old = found.of(client)
    page = _cut([one.record for one in old.documents], query, found.warnings)
    ids = {one.id for one in page.items}
    ages: dict[str, dict[str, int]] = {}
    for one in old.documents:
        if one.record.id in ids:
            ages[one.record.id] = {"days_unpaid": one.days_unpaid}
            if one.days_overdue is not None:
                ages[one.record.id]["days_overdue"] = one.days_overdue
    data = {**shown_page(page), "unpaid_for": ages, "totals_unpaid": shown_totals(old)}
    if found.undated:
        told = f"{found.undated} unpaid documents have no date, so that their age isn't known."
        data["warnings"] = [*data.get("warnings", ()), told]
    return data


def shown_totals(found: Ageing) -> dict[str, str]:
    """Return the sums by currency as texts."""
    return {currency: shown(total) for currency, total in found.totals.items()}


def _cut(records: list[Any], query: Query, warnings: tuple[str, ...]) -> Page[Any]:
    """Return a page of records that are all there."""
    begin = (query.page - 1) * query.limit
    return Page(
        items=tuple(records[begin : begin + query.limit]),
        warnings=warnings,
        raw=None,
        total=len(records),
        page=query.page,
        per_page=query.limit,
        total_pages=-(-len(records) // query.limit),
    )


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
