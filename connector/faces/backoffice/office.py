"""What the back office's endpoints are served with, and what it shows of which resource."""

from dataclasses import dataclass
from typing import Any, Literal

from connector.balances import Balances
from connector.faces.backoffice.door import OneCompany
from connector.reading import Reading
from connector.registry import Registry
from connector.resources.bank import TRANSACTIONS
from connector.resources.credit_notes import CREDIT_NOTES
from connector.resources.invoices import INVOICES
from connector.resources.offers import OFFERS
from connector.resources.resource import RecordWrite, Resource
from connector.writing.writing import Writing

PREFIX = "/api/qonto"

WriteAction = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class BackOffice:
    """The use cases, and the company that they are used for."""

    company: OneCompany
    reading: Reading
    writing: Writing
    registry: Registry
    balances: Balances
    create_credit_notes: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """A kind of record as the back office calls it: `/api/qonto/{path}`, `one` and `many`."""

    path: str
    one: str
    many: str
    resource: Resource[Any]
    actions: tuple[WriteAction, ...] = ()

    def write(self, action: WriteAction) -> RecordWrite:
        """Return how the resource declares that action."""
        return next(one for one in self.resource.writes if one.action == action and not one.of_line)


SHELVES = (
    Shelf("invoices", "invoice", "invoices", INVOICES, ("create", "update", "delete")),
    Shelf("credit-notes", "creditNote", "creditNotes", CREDIT_NOTES, ("create",)),
    Shelf("quotes", "quote", "quotes", OFFERS, ("create", "update", "delete")),
    Shelf("transactions", "transaction", "transactions", TRANSACTIONS),
)


def is_offered(office: BackOffice, shelf: Shelf, action: WriteAction) -> bool:
    """Say whether something is done to a kind of record, as far as settings decide."""
    return action in shelf.actions and (
        shelf.resource is not CREDIT_NOTES or office.create_credit_notes
    )
