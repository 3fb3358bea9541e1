"""The lines of drafts: each write of one is a change of its document, with all the lines.

Between reading the lines and sending them somebody else may change them, and would lose that. So
they are read again just before; after a lost answer it is told which of both they are.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from connector.errors import RecordChanged
from connector.outcomes import ProviderAnswer
from connector.ports import PreparedWrite, WriteDone, Writer, WriteRequest
from connector.providers.qonto.documents.sales import ClientInvoice, Quote
from connector.providers.qonto.mapping.rates import RateUnit
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.existing_lines import (
    discount_there,
    filled,
    lines_there,
    place_of,
    said_by,
    unit_on,
    whole,
)
from connector.providers.qonto.writing.line_defaults import with_item
from connector.providers.qonto.writing.lines import line_of, unused_of
from connector.providers.qonto.writing.matching import holds, without_nothing
from connector.providers.qonto.writing.patience import IMPATIENT, Patience
from connector.providers.qonto.writing.sums import Sums, plain, sums_of
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared, read_sent
from connector.providers.qonto.writing.writers import Change
from connector.unified.parts import part_id
from connector.writing.problems import Problems
from connector.writing.requests.document import DocumentFields, LineFields

D = TypeVar("D", ClientInvoice, Quote)
T = TypeVar("T")

_ALONE = DocumentFields.model_validate({})
"""Prices of a line alone are without tax."""


def _as_they_are(lines: Sequence[Mapping[str, Any]], unit: RateUnit) -> list[dict[str, Any]]:
    del unit
    return [dict(line) for line in lines]


def _nothing_told(sent: QontoRequest, document: Any) -> tuple[str, ...]:
    del sent, document
    return ()


@dataclass(frozen=True)
class LineKind(Generic[D]):
    """What is particular about the lines of one kind of document.

    `check` notes why a document can't be changed. `taken` says lines in the document's own words
    and unit, `shown` what it comes to in the contract's. `told` and `patience` are those of a
    `Change`.
    """

    check: Callable[[D, Problems], None]
    taken: Callable[[Sequence[Mapping[str, Any]], RateUnit], list[dict[str, Any]]] = _as_they_are
    shown: Callable[[Sums], Mapping[str, Any]] = lambda sums: sums.shown
    told: Callable[[QontoRequest, D], tuple[str, ...]] = _nothing_told
    patience: Patience = IMPATIENT

    def there(self, document: D) -> list[dict[str, Any]]:
        """Return the lines that a document has."""
        return lines_there(document, unit_on(document))


@dataclass(frozen=True)
class LineWrites(Generic[D]):
    """What is sent to Qonto for a line, or everything that is wrong with it."""

    records: Records[D, Any]
    around: Surroundings
    kind: LineKind[D]

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        document, problems = await self._read(account_id, asked)
        line = await self._line(account_id, asked.body, {}, document, problems)
        lines = self.kind.there(document)
        return self._prepared(document, [*lines, line], len(lines), asked, problems)

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        document, problems = await self._read(account_id, asked)
        lines = self.kind.there(document)
        place = place_of(asked.line_id, document.id or "", len(lines))
        changed = await self._line(account_id, asked.body, lines[place], document, problems)
        return self._prepared(
            document, [*lines[:place], changed, *lines[place + 1 :]], place, asked, problems
        )

    async def delete(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        document, problems = await self._read(account_id, asked)
        lines = self.kind.there(document)
        place = place_of(asked.line_id, document.id or "", len(lines))
        left = [*lines[:place], *lines[place + 1 :]]
        if not left:
            hint = "Delete the document, or change the line."
            problems.add("lineItemId", "LAST_LINE", "Qonto takes no document without lines.", hint)
        return self._prepared(document, left, None, asked, problems)

    async def _read(self, account_id: str, asked: WriteRequest) -> tuple[D, Problems]:
        document, _ = await self.records.one(account_id, known_id(asked.record_id or ""))
        problems = Problems(asked.confirmed)
        self.kind.check(document, problems)
        return document, problems

    async def _line(
        self,
        account_id: str,
        request: LineFields,
        before: Mapping[str, Any],
        document: D,
        problems: Problems,
    ) -> dict[str, Any]:
        issuer = await self.around.issuer(account_id)
        line = await with_item(self.around, account_id, request, "", problems)
        if before:
            line = filled(line, said_by(before))
        currency = document.currency or "EUR"
        return whole(line_of(line, _ALONE, issuer.country, problems, currency=currency))

    def _prepared(
        self,
        document: D,
        lines: list[dict[str, Any]],
        place: int | None,
        asked: WriteRequest,
        problems: Problems,
    ) -> PreparedWrite:
        problems.check()
        unit = unit_on(document)
        sums = sums_of(lines, discount_there(document))
        sent = QontoRequest(
            "PATCH",
            {"items": [without_nothing(one) for one in self.kind.taken(lines, unit)]},
            document.id,
            total=sums and plain(sums.gross),
            tax=sums and plain(sums.tax),
            lines=lines,
            lines_before=self.kind.there(document),
        )
        expected = dict(self.kind.shown(sums)) if sums is not None else {}
        if place is not None:
            expected["lineItemId"] = part_id(document.id or "", place + 1)
        body: LineFields | None = asked.body
        unused = () if body is None else unused_of([body], problems)
        return prepared(sent, unused, expected)


@dataclass(frozen=True, kw_only=True)
class ChangeOfLines(Change[D, T]):
    """A Writer that changes the lines of a document that has those that were read."""

    kind: LineKind[D]

    async def leave(self, account_id: str, sent: QontoRequest) -> ProviderAnswer:
        document, _ = await self.records.one(account_id, sent.record_id or "")
        if self.kind.there(document) != sent.lines_before:
            raise RecordChanged(
                "Somebody changed the lines of this document at the same time, so that nothing was "
                "changed. Read them again: their ids are by their place."
            )
        return await super().leave(account_id, sent)

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T]] | None:
        """Tell what the lines are: as asked, as before, or what nobody can tell anything by."""
        del since
        sent = read_sent(prepared)
        document, found = await self.records.one(account_id, sent.record_id or "")
        there = self.kind.there(document)
        if len(there) == len(sent.lines) and holds(sent.lines, there):
            return (self.done(sent, document, found),)
        return () if there == sent.lines_before else None


def line_writers(
    name: str, records: Records[D, Any], around: Surroundings, kind: LineKind[D]
) -> dict[str, Writer[Any]]:
    """Return the writers of a document's lines, which answer the document."""
    lines = LineWrites(records, around, kind)

    def change(check: Callable[[str, WriteRequest], Awaitable[PreparedWrite]]) -> Writer[Any]:
        return ChangeOfLines(records, check, told=kind.told, patience=kind.patience, kind=kind)

    return {
        f"{name}.create": change(lines.create),
        f"{name}.update": change(lines.update),
        f"{name}.delete": change(lines.delete),
    }
