"""What a target system offers to the rest of the service.

A provider package implements these; use cases and the relay know only these. Every method names
the linked account it acts for, so one instance serves all accounts of a target system. Each may
raise what `connector.errors` lists below DownstreamError, and oauth's ReauthRequired or
AccountInactive when the account can't be used any more.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any, Generic, Protocol, TypeVar

from connector.api.spooling import UploadedFile
from connector.unified.bank_account import BankAccount
from connector.unified.beneficiary import Beneficiary
from connector.unified.bill import Bill
from connector.unified.booking_proposal import BookingProposal
from connector.unified.contact import ContactV2
from connector.unified.credit_note import CreditNote
from connector.unified.customer import Customer
from connector.unified.enums import BookingType
from connector.unified.event import UpstreamEvent, Verdict
from connector.unified.expense import Expense
from connector.unified.invoice import Invoice
from connector.unified.item import Item
from connector.unified.offer import Offer
from connector.unified.payment import Payment
from connector.unified.proposal import Proposal
from connector.unified.transaction import Transaction
from connector.unified.user import User
from connector.unified.vendor_credit import VendorCredit

__all__ = [
    "ChangeFeed",
    "EInvoicing",
    "Feed",
    "Found",
    "Order",
    "Page",
    "PreparedWrite",
    "ProposalStates",
    "ProviderSubscription",
    "Query",
    "Readers",
    "RecordState",
    "ResourceReader",
    "UpstreamEvent",
    "Verdict",
    "WebhookAdapter",
    "WriteDone",
    "WriteRequest",
    "Writer",
]

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Order:
    """An order other than newest first; `field` is the contract's name, such as invoiceDate."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Which part of a list is wanted. `modified_since` is inclusive and aware.

    `status` and `payment_status` are in the contract's words. `due_from` is inclusive. `where`
    holds the filters that one resource has alone, by the contract's names, as (name, value).
    `zone` is where the account keeps its books, for telling what is overdue; None leaves it to the
    document's country. `unpaid` asks for what is still to be paid, in whole or in part. A reader is
    asked only for what its resource's parameters name.
    """

    page: int = 1
    limit: int = 50
    raw: bool = False
    modified_since: datetime | None = None
    status: str | None = None
    payment_status: str | None = None
    unpaid: bool = False
    booking_type: BookingType | None = None
    due_from: date | None = None
    where: tuple[tuple[str, str], ...] = ()
    order: Order | None = None
    zone: tzinfo | None = None

    def value_of(self, name: str) -> str | None:
        """Return the value of one of the filters in `where`."""
        return next((value for given, value in self.where if given == name), None)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One page of a list.

    `raw` is the provider's page as a JSON object, byte for byte, when asked for. `total` and
    `total_pages` count the whole list under the same filters; None when the provider doesn't tell.
    """

    items: tuple[T_co, ...]
    warnings: tuple[str, ...]
    raw: bytes | None
    total: int | None
    page: int
    per_page: int
    total_pages: int | None


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    """One document, and the provider's own JSON object for it, byte for byte."""

    item: T_co
    warnings: tuple[str, ...]
    raw: bytes


class ResourceReader(Protocol[T_co]):
    """Reads one kind of record through the unified model.

    Lists are newest first unless another order is asked for; a page past the end is empty. What a
    filter leaves is what it would leave of the whole list; FilterTooBroad is raised where that
    would take too much reading. A single read raises DocumentNotFound for an id that the target
    system doesn't know.
    """

    async def list(self, account_id: str, query: Query) -> Page[T_co]: ...

    async def get(
        self, account_id: str, record_id: str, *, zone: tzinfo | None = None
    ) -> Found[T_co]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What can be read; None is what the target system doesn't have."""

    invoices: ResourceReader[Invoice] | None = None
    bills: ResourceReader[Bill] | None = None
    booking_proposals: ResourceReader[BookingProposal] | None = None
    credit_notes: ResourceReader[CreditNote] | None = None
    vendor_credits: ResourceReader[VendorCredit] | None = None
    customers: ResourceReader[Customer] | None = None
    contacts: ResourceReader[ContactV2] | None = None
    items: ResourceReader[Item] | None = None
    offers: ResourceReader[Offer] | None = None
    payments: ResourceReader[Payment] | None = None
    bank_accounts: ResourceReader[BankAccount] | None = None
    transactions: ResourceReader[Transaction] | None = None
    expenses: ResourceReader[Expense] | None = None
    users: ResourceReader[User] | None = None
    beneficiaries: ResourceReader[Beneficiary] | None = None


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """What a caller wants written: `body` is the unified request, already read.

    `record_id` is the record that it's about, and `line_id` the line of it; None where a new one is
    made. `is_partial` says that the customer is to be made first, and so is missing yet.
    `confirmed` are the rules that the caller knowingly breaks, by their codes. `options` are
    what the query says of it. `files` are those that came with it. `seed` is what keys of the
    request at the target system are made from, besides the account and what is asked: the same for
    the same request, and for no other.
    """

    body: Any = None
    record_id: str | None = None
    line_id: str | None = None
    confirmed: frozenset[str] = frozenset()
    is_partial: bool = False
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[UploadedFile, ...] = ()
    seed: str = ""


@dataclass(frozen=True, slots=True)
class PreparedWrite:
    """A write that was checked and may leave.

    `request` is all that is needed to send it and to know its record again, JSON in the provider's
    own words; whoever has it can go on, in another process too. Only `files` aren't kept: who sends
    it again brings them again. `expected` is what a dry run shows. `about` is the record that a new
    one belongs to, such as the invoice of a credit note. Two writes about one record are never
    under way at once. `seen` stands for what the record was like, where that matters: consent to
    what was shown ends when it changes.
    """

    request: bytes = field(repr=False)
    warnings: tuple[str, ...] = ()
    expected: Mapping[str, Any] = field(default_factory=dict[str, Any])
    about: str | None = None
    files: tuple[UploadedFile, ...] = ()
    seen: str = ""


@dataclass(frozen=True, slots=True)
class WriteDone(Generic[T_co]):
    """What came of a write.

    `made_id` is the record that was made, and `made_at` when, by the target system's clock; None
    when none was. `found` is the record as it is now, None when there is nothing to show, as after
    a deletion.
    """

    made_id: str | None
    found: Found[T_co] | None
    made_at: datetime | None = None


class Writer(Protocol[T_co]):
    """Does one thing to one kind of record.

    `can_repeat` says that doing it twice is the same as doing it once, so that a lost answer may be
    followed by asking again once the record has been looked at.
    """

    @property
    def can_repeat(self) -> bool: ...

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        """Check a write before it leaves. Raises Invalid with everything that is wrong."""
        ...

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[T_co]:
        """Do it, with one request that changes something."""
        ...

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[T_co]] | None:
        """Return the records that may have come of it since a moment; None where nobody can see.

        Of a change of a record: that record when it is as was asked, else nothing.
        """
        ...

    def read(self, raw: bytes) -> Found[T_co]:
        """Read a stored answer again."""
        ...


class ProposalStates(Protocol):
    """Tells what people decided about payments that were proposed to them."""

    async def states(self, account_id: str, since: datetime) -> Mapping[str, Proposal] | None:
        """Return the proposals made since a moment by their ids; None where none can be seen."""
        ...


class EInvoicing(Protocol):
    """Tells whether documents can be sent through a network for electronic invoices."""

    async def obstacles(
        self, account_id: str, customer_id: str | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return what stands against it for a customer, None for one that isn't made yet.

        Each has the field that it's about, a code, and what to do about it in words.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProviderSubscription:
    """A webhook subscription as it stands at the target system. `repr` hides the secret."""

    id: str
    callback_url: str
    types: tuple[str, ...]
    organization_id: str | None = None
    membership_id: str | None = None
    secret: str | None = field(default=None, repr=False)


class WebhookAdapter(Protocol):
    """Subscribes at the target system, and reads what it then sends."""

    @property
    def topics(self) -> Mapping[str, tuple[str, ...]]:
        """Unified resource -> the target system's event types; only what can be subscribed to."""
        ...

    @property
    def revocation_types(self) -> tuple[str, ...]:
        """The event types that tell of a withdrawn consent; empty when there are none."""
        ...

    async def allowed(self, account_id: str) -> frozenset[str]:
        """Return the event types that the account's consent covers; none where it covers none."""
        ...

    async def subscribe(
        self, account_id: str, callback_url: str, secret: str, types: Sequence[str]
    ) -> ProviderSubscription:
        """Create a subscription. Raises MissingScope or DownstreamRefused when it is not given."""
        ...

    async def update(
        self,
        account_id: str,
        subscription_id: str,
        callback_url: str,
        secret: str,
        types: Sequence[str],
    ) -> ProviderSubscription:
        """Replace a subscription as a whole. Raises NotFound when it is gone upstream."""
        ...

    async def unsubscribe(self, account_id: str, subscription_id: str) -> None:
        """Delete a subscription; one that is already gone is fine."""
        ...

    async def list(self, account_id: str) -> tuple[ProviderSubscription, ...]:
        """Return every subscription this app has for the account, without secrets."""
        ...

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """Say whether the headers hold what could be a signature; the body may not be read yet."""
        ...

    def verify(
        self, headers: Mapping[str, str], raw_body: bytes, secrets: Sequence[str], now: datetime
    ) -> Verdict:
        """Check an incoming event's signature against several secrets. Never raises."""
        ...

    def read_event(self, raw_body: bytes) -> UpstreamEvent:
        """Read an incoming event. Raises Invalid when the body is not one."""
        ...


@dataclass(frozen=True, slots=True)
class RecordState:
    """One record as it was read: which it is, and in which state.

    `version` differs whenever the state does; None says that there is nothing (any more). Moments
    are aware and None where the provider doesn't tell them. `is_dated` says that the version is
    `changed_at` alone, so that events can be compared with it by their time.
    """

    id: str
    version: str | None
    created_at: datetime | None = None
    changed_at: datetime | None = None
    is_dated: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """How the changes of one unified resource can be read.

    `from_start` says that the first reading must be of all there is, to compare with. `follows`
    names the resources whose events hint at changes of this one.
    """

    from_start: bool = False
    follows: tuple[str, ...] = ()


class ChangeFeed(Protocol):
    """Finds what changed by asking, for changes that nothing is told of."""

    @property
    def resources(self) -> Mapping[str, Feed]:
        """Unified resource -> how it's read; only what can be read."""
        ...

    async def check(self, account_id: str, resource: str) -> None:
        """Raise MissingScope when the account's consent doesn't let the resource be read."""
        ...

    def read(
        self, account_id: str, resource: str, since: datetime | None
    ) -> AsyncIterator[Sequence[RecordState]]:
        """Read the records that changed at a moment or later, a page at a time; all for None.

        Unchanged ones may be among them, and one may come twice; none that changed before the
        reading began is left out.
        """
        ...
