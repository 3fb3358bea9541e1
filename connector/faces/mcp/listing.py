"""What lists take: pages small enough for a model, and the filters that resources declare."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pydantic import Field

from connector.faces.mcp.inputs import Arguments, Own, own_schema
from connector.faces.mcp.pointing import Text, Uuid
from connector.faces.mcp.schemas import Schema, tidy
from connector.ports import Query
from connector.resources.filters import Filter, read_moment
from connector.resources.resource import Resource
from storage.errors import FieldError, Invalid

_BIG = re.compile(r"(?<!^)(?=[A-Z])")


class PageArguments(Arguments):
    __doc__ = "Which part of a list."

    page: int = Field(1, ge=1, le=10_000_000, description="From 1 on.")
    per_page: int = Field(25, ge=1, le=100, description="Records on a page.")


class ListArguments(PageArguments):
    __doc__ = "What every list takes."

    updated_since: Text | None = Field(
        None, description="Only what changed at this moment or later, such as 2026-11-01T09:15:00Z."
    )


class UnpaidArguments(ListArguments):
    __doc__ = "What lists of documents take that are to be paid."

    unpaid_for_days: int | None = Field(
        None,
        ge=0,
        le=36_500,
        description=(
            "Only what has been unpaid for more than so many days since the date on it, the oldest "
            "first, found over the whole list, with its total by currency."
        ),
    )


class ClientArguments(UnpaidArguments):
    __doc__ = "What the list of invoices takes."

    client_id: Uuid | None = Field(None, description="Only those of the customer of this id.")
    client_name: Text | None = Field(None, description="Only those of the customer of this name.")


@dataclass(frozen=True, slots=True)
class ListAsked:
    """What a list is asked for: the query, and what the tool does itself."""

    query: Query
    own: Any


@dataclass(frozen=True)
class Listed:
    """The input of a list: its own arguments, statuses in Qonto's words, and a resource's filters.

    `statuses` are what each word asks for.
    """

    resource: Resource[Any]
    own: type[ListArguments] = ListArguments
    statuses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    @cached_property
    def filters(self) -> Mapping[str, Filter]:
        """The resource's filters, by what the tool calls them."""
        named = {_BIG.sub("_", one.name).lower(): one for one in self.resource.filters}
        hidden = ("status", "payment_status") if self.statuses else ()
        return {name: one for name, one in named.items() if name not in hidden}

    @property
    def schema(self) -> Schema:
        return self._schema

    @cached_property
    def _schema(self) -> Schema:
        schema = own_schema(self.own)
        if self.statuses:
            schema["properties"]["status"] = {
                "type": "string",
                "enum": list(self.statuses),
                "description": "Only those that stand so.",
            }
        for name, one in self.filters.items():
            described = {"type": "string", **tidy(one.schema)}
            schema["properties"][name] = {**described, "description": one.meaning}
        return schema

    def read(self, arguments: Mapping[str, Any]) -> ListAsked:
        filters = {name: one for name, one in arguments.items() if name in self.filters}
        status = arguments.get("status") if self.statuses else None
        rest = {
            name: one
            for name, one in arguments.items()
            if name not in filters and not (self.statuses and name == "status")
        }
        own = Own(self.own).read(rest)
        wrong: list[FieldError] = []
        query = Query(page=own.page, limit=own.per_page)
        if status is not None and status not in self.statuses:
            message = f"This is one of {', '.join(self.statuses)}."
            wrong.append(FieldError("status", "NOT_ALLOWED", message))
        elif status is not None:
            query = replace(query, **self.statuses[status])
        for name, value in filters.items():
            if value is not None:
                query = _filtered(query, name, self.filters[name], value, wrong)
        if own.updated_since is not None:
            query = _since(query, own.updated_since, wrong)
        if wrong:
            raise Invalid("Some arguments are wrong; each is listed with its reason.", wrong)
        return ListAsked(query, own)

    def back(self, error: Invalid) -> Invalid:
        names = {one.name: name for name, one in self.filters.items()}
        fields = [replace(one, field=names.get(one.field, one.field)) for one in error.fields]
        return Invalid(error.message, fields)


def _filtered(
    query: Query, name: str, one: Filter, value: object, wrong: list[FieldError]
) -> Query:
    try:
        if not isinstance(value, str):
            raise ValueError("This is a text.")
        return one.apply(query, value)
    except ValueError as error:
        wrong.append(FieldError(name, "NOT_ALLOWED", str(error)))
        return query


def _since(query: Query, text: str, wrong: list[FieldError]) -> Query:
    try:
        return replace(query, modified_since=read_moment(text))
    except (ValueError, OverflowError):
        message = "This is a moment such as 2026-11-01T09:15:00Z."
        wrong.append(FieldError("updated_since", "NOT_A_DATE", message))
        return query
