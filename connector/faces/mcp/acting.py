"""How a tool writes: what can't be undone is shown first, and done once with the token of that."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from pydantic import Field

from connector.faces.mcp.inputs import Arguments
from connector.faces.mcp.reading import WARNINGS
from connector.faces.mcp.schemas import ANY_OBJECT, Schema, answered, answering
from connector.faces.mcp.shown import noted, shown
from connector.faces.mcp.tool import Data, Who
from connector.ports import WriteRequest
from connector.resources.resource import RecordWrite, Resource
from connector.writing.confirming import NOT_ASKED, Consent
from connector.writing.performed import Performed
from connector.writing.writing import Writing
from storage.clock import iso_millis

_VISIBLE = r"^[\x21-\x7e]{1,255}$"

SHOW_FIRST = (
    "Nothing was done yet. Show the person what would be done, and only when they agree call the "
    "tool again with `id` as told here (where there is one), the other arguments unchanged and "
    "this confirmation_token."
)
"""Fixed words: nothing of a record is ever part of them."""

DONE_BEFORE = (
    "This was made by an earlier call with the same arguments, and not again. To make another one "
    "like it, call with an idempotency_key of your own."
)


class WriteArguments(Arguments):
    __doc__ = "What every tool takes that writes."

    idempotency_key: Annotated[str, Field(pattern=_VISIBLE)] | None = Field(
        None,
        description=(
            "A name of your own for this request, a UUID say: sent again with it, it is done once."
        ),
    )
    confirm: tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,60}$")], ...] = Field(
        (),
        max_length=20,
        description="Codes of doubts that an earlier call was refused for, and that are meant.",
    )


class ActArguments(WriteArguments):
    __doc__ = "What a tool takes that does what can't be undone."

    confirmation_token: Annotated[str, Field(pattern=_VISIBLE)] | None = Field(
        None,
        description=(
            "Leave it out at first: the answer shows what would be done, and has the token."
        ),
    )


@dataclass(frozen=True, slots=True)
class ToolAct:
    """Something that a tool does to a kind of record. `is_shown_first`: it can't be undone."""

    resource: Resource[Any]
    action: str
    is_shown_first: bool = False

    @property
    def name(self) -> str:
        """The name of the writer."""
        return f"{self.resource.name}.{self.action}"

    @property
    def write(self) -> RecordWrite:
        """What the resource says of it."""
        return next(
            one for one in self.resource.writes if one.action == self.action and not one.of_line
        )

    @property
    def needs_consent(self) -> bool:
        """Whether it is shown first. Deletions always are."""
        return self.is_shown_first or self.action == "delete" or self.write.is_irreversible


@dataclass(frozen=True, slots=True)
class Acting:
    """Writes for tools."""

    writing: Writing

    async def do(
        self,
        who: Who,
        act: ToolAct,
        told: WriteArguments,
        *,
        id: str | None = None,
        body: Any = None,
    ) -> Data:
        """Check or do a write, as its consent says. Raises what `Writing.perform` does."""
        asked = WriteRequest(body=body, record_id=id, confirmed=frozenset(told.confirm))
        key = told.idempotency_key
        if not act.needs_consent:
            key = key or _derived(act, asked)
            done = await self.writing.perform(who.account, act.name, asked, key, NOT_ASKED)
            return _done(done, act)
        token = getattr(told, "confirmation_token", None)
        if token is None:
            return await self._shown(who, act, asked, key)
        consent = Consent(token, is_needed=True)
        return _done(await self.writing.perform(who.account, act.name, asked, key, consent), act)

    async def _shown(self, who: Who, act: ToolAct, asked: WriteRequest, key: str | None) -> Data:
        checked = await self.writing.check(who.account, act.name, asked)
        offered = self.writing.confirmation(who.account, act.name, asked, key, checked)
        told: Data = {
            "status": "confirmation_required",
            "next_step": SHOW_FIRST,
            "action": act.name,
            "expected": _expected(checked.expected),
            "confirmation_token": offered.token,
            "confirmation_expires_date": iso_millis(offered.expires_at),
        }
        return told | ({"id": asked.record_id} if asked.record_id else {}) | noted(checked.warnings)


def written(model: Any) -> Schema:
    """Return the schema of what a tool answers that writes."""
    shape: Mapping[str, Schema] = {
        "status": {
            "type": "string",
            "enum": ["done", "confirmation_required"],
            "description": "confirmation_required: nothing was done yet.",
        },
        "id": {"type": "string", "description": "The record's id."},
        "is_replayed": {"type": "boolean", "description": "An earlier call had done it."},
        "note": {"type": "string"},
        "next_step": {"type": "string"},
        "action": {"type": "string"},
        "expected": {**ANY_OBJECT, "description": "What would come of it."},
        "confirmation_token": {"type": "string"},
        "confirmation_expires_date": {"type": "string"},
        "warnings": WARNINGS,
    }
    whole = answering(shape, record=answered(model))
    return {**whole, "required": ["status"]}


def _done(done: Performed[Any], act: ToolAct) -> Data:
    told: Data = {"status": "done", "is_replayed": done.is_replayed, **noted(done.warnings)}
    if done.record_id is not None:
        told["id"] = done.record_id
    if done.found is not None and act.action != "delete":
        told["record"] = shown(done.found.item)
    if done.is_replayed and act.action == "create":
        told["note"] = DONE_BEFORE
    return told


def _derived(act: ToolAct, asked: WriteRequest) -> str | None:
    """Return a key for a new record that is the same for the same arguments.

    So a call that is made again since its answer was lost makes nothing twice. What changes a
    record has none: set to what it was an hour ago, it has to be changed again.
    """
    if act.action != "create":
        return None
    said = None if asked.body is None else asked.body.model_dump(mode="json", exclude_unset=True)
    whole = msgspec.json.encode([act.name, said, sorted(asked.confirmed)], order="sorted")
    return f"assistant:{hashlib.sha256(whole).hexdigest()}"


def _expected(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plainly(value) for name, value in expected.items()}


def _plainly(value: Any) -> Any:
    """Return a value of a check as JSON has it, with amounts as texts."""
    match value:
        case dict():
            return _expected(value)  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple():
            return [_plainly(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return shown(value)
