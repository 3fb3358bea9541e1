"""Writes that a client wants done once, and what was said of each in the end."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from tests.journeys.desk import company, invoice
from tests.journeys.test_issuing import siren

Outcome = Literal["done", "refused", "unknown"]
Kind = Literal["customer", "draft", "finalize", "mail", "credit note", "bills", "issue"]

KINDS: tuple[Kind, ...] = (
    "customer",
    "draft",
    "finalize",
    "mail",
    "credit note",
    "bills",
    "issue",
)
LARGE_UPLOAD = 21
"""Files that need more than one request, and so a task."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a client was told last: of each mark what came of it, and the records' ids."""

    outcomes: dict[str, Outcome]
    ids: tuple[str, ...] = ()

    @property
    def certain(self) -> tuple[object, ...]:
        """What was said, unless it was that nobody can tell."""
        told = tuple(sorted(self.outcomes.items()))
        return () if "unknown" in self.outcomes.values() else ((told, self.ids),)


@dataclass(slots=True)
class Errand:
    """One write. Its effects at Qonto carry its `marks`; `said` has one entry for each asker."""

    kind: Kind
    path: str
    body: Any
    marks: tuple[str, ...]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    said: list[Said] = field(default_factory=list[Said])
    attempts: int = 0
    wrong: list[str] = field(default_factory=list[str])
    """Answers that must not be, in words."""
    answers: list[str] = field(default_factory=list[str])

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """What came of each mark, as far as anybody was told for certain."""
        known: dict[str, Outcome] = {}
        for said in self.said:
            for mark, outcome in said.outcomes.items():
                if known.get(mark, "unknown") == "unknown":
                    known[mark] = outcome
        return known

    @property
    def history(self) -> str:
        """Say what was answered, for people."""
        return f"{self.key} was told {', '.join(self.answers)}"

    @property
    def files(self) -> Sequence[tuple[str, bytes]] | None:
        return self.body if self.kind == "bills" else None


@dataclass
class Office:
    """Thinks of errands for one account; some ask for the same as the one before.

    `draft` and `final` make an invoice at Qonto, without the connector, and return its id.
    `numbers` are those that marks hold; no two offices have the same.
    """

    customer_id: str
    chance: Random
    draft: Callable[[], str]
    final: Callable[[], str]
    numbers: Iterator[int]
    twins: float = 0.15
    _last: dict[Kind, Errand] = field(default_factory=dict[Kind, Errand])
    _credited: list[str] = field(default_factory=list[str])

    def think_of(self, kind: Kind, *, large: bool = False) -> Errand:
        """Return something to do."""
        last = self._last.get(kind)
        if last is not None and kind != "bills" and self.chance.random() < self.twins:
            return Errand(kind, last.path, last.body, last.marks)
        mark = f"{kind} {next(self.numbers)}"
        errand = self._new(kind, mark, large)
        self._last[kind] = errand
        return errand

    def _new(self, kind: Kind, mark: str, large: bool) -> Errand:
        match kind:
            case "customer":
                return Errand(kind, "customers", company(mark), (mark,))
            case "draft":
                return Errand(kind, "invoices", invoice(mark, self.customer_id), (mark,))
            case "finalize":
                draft = self.draft()
                return Errand(kind, f"invoices/{draft}/finalize", None, (draft,))
            case "mail":
                body = {"recipients": ["pay@example.com"], "subject": mark, "copyToSelf": False}
                return Errand(kind, f"invoices/{self.final()}/send", body, (mark,))
            case "credit note":
                return Errand(kind, "creditNotes", self._note(mark), (mark,))
            case "bills":
                count = LARGE_UPLOAD if large else self.chance.randint(1, 3)
                files = [
                    (f"{mark} {place}.pdf", b"%PDF-1.7\n" + f"{mark} {place}".encode())
                    for place in range(count)
                ]
                digests = (hashlib.sha256(content).hexdigest() for _, content in files)
                return Errand(kind, "bills/bulk", files, tuple(digests))
            case "issue":
                body = invoice(mark, "")
                del body["contactId"]
                body["customer"] = company(mark, taxNumber=siren(int(mark.split()[1])))
                return Errand(kind, "invoices/issue", body, (mark,))

    def _note(self, mark: str) -> dict[str, Any]:
        """A credit note over 600 of an invoice's 1,440: of three, two fit."""
        if not self._credited:
            self._credited = [self.final()] * 3
        line = {
            "itemName": "Goods came back",
            "quantity": 1,
            "unitAmount": "600",
            "taxRatePercentage": 0,
            "taxExemptionReason": "S293B",
        }
        return {
            "invoiceId": self._credited.pop(),
            "reason": mark,
            "creditNoteDate": "2026-11-20",
            "creditNoteLines": [line],
        }
