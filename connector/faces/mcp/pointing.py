"""How a tool is told which record is meant: by its id, its number, or whose latest it is."""

from typing import Annotated, Any

from pydantic import Field

from connector.faces.mcp.inputs import Arguments
from connector.finding import NumberedKind, RecordFinder
from connector.ports import Query
from connector.reading import ReadableAccount
from storage.errors import FieldError, Invalid

Uuid = Annotated[
    str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", max_length=36)
]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class ById(Arguments):
    __doc__ = "Which record."

    id: Uuid = Field(description="Its id, a UUID.")


class ByNumber(Arguments):
    __doc__ = "Which document: one of `id`, `number` and `latest_of`."

    id: Uuid | None = Field(None, description="Its id, a UUID. Or use number, or latest_of.")
    number: Text | None = Field(
        None, description="Instead of the id: the number on it, such as INV-2026-042."
    )
    latest_of: Text | None = Field(
        None,
        description=(
            "Instead of the id: the name of the customer or supplier. Their latest document that "
            "this fits is meant, the one with the greatest date on it."
        ),
    )


class ByName(Arguments):
    __doc__ = "Which customer: one of `id` and `name`."

    id: Uuid | None = Field(None, description="Its id, a UUID. Or use name.")
    name: Text | None = Field(None, description="Instead of the id: its name, or a part of it.")


async def pointed_at(
    finding: RecordFinder,
    account: ReadableAccount,
    kind: NumberedKind,
    told: ByNumber,
    query: Query,
    fitting: str,
) -> str:
    """Return the id of the document that is meant; `query` leaves those that fit.

    Raises Invalid unless it is told in one way, NotFound and Ambiguous.
    """
    one_way(told, "id", "number", "latest_of")
    if told.number is not None:
        return await finding.by_number(account, kind, told.number, query)
    if told.latest_of is not None:
        return await finding.latest(account, kind, told.latest_of, query, fitting)
    return told.id or ""


def one_way(told: Any, *names: str) -> None:
    """Raise Invalid unless exactly one of these arguments is there."""
    given = [name for name in names if getattr(told, name) is not None]
    if len(given) != 1:
        message = f"Say which one is meant by exactly one of: {', '.join(names)}."
        raise Invalid(message, [FieldError(name, "ONE_OF", message) for name in given or names])
