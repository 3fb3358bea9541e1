"""Everything the simulated Qonto knows, and the few services its rules need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from .agenda import Agenda
from .clock import Clock
from .collection import Collection
from .directory import Directory
from .ids import IdSource
from .payees import PayeeBanks
from .quirks import Quirks
from .records.attachment import Attachment
from .records.card import Card
from .records.catalogue import Beneficiary, Label, Mail, Product, Statement
from .records.client import Client
from .records.client_invoice import ClientInvoice
from .records.credit_note import CreditNote
from .records.direct_debit import DirectDebitCollection, DirectDebitSubscription, Mandate
from .records.organisation import BankAccount, Membership, Organisation
from .records.payment_link import PaymentLink, ProviderConnection
from .records.proof import Proof
from .records.quote import Quote
from .records.recurring import RecurringInvoice, Reminder
from .records.request import Request
from .records.sca import ScaSession
from .records.supplier_invoice import SupplierInvoice
from .records.terminal import Terminal
from .records.transaction import Transaction
from .records.transfer import BulkTransfer, InternalTransfer, RecurringTransfer, Transfer
from .webhooks.hub import Hub


class Books:
    """The records of one organisation."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.clients: Collection[Client] = Collection()
        self.client_invoices: Collection[ClientInvoice] = Collection()
        self.credit_notes: Collection[CreditNote] = Collection()
        self.supplier_invoices: Collection[SupplierInvoice] = Collection()
        self.transactions: dict[str, Collection[Transaction]] = {
            account.id: Collection() for account in organisation.bank_accounts
        }
        self.quotes: Collection[Quote] = Collection()
        self.products: Collection[Product] = Collection()
        self.beneficiaries: Collection[Beneficiary] = Collection()
        self.proofs: dict[str, Proof] = {}
        """Of verified payees, by token, oldest first."""
        self.sepa_transfers: Collection[Transfer] = Collection()
        self.bulk_transfers: Collection[BulkTransfer] = Collection()
        self.recurring_transfers: Collection[RecurringTransfer] = Collection()
        self.internal_transfers: Collection[InternalTransfer] = Collection()
        self.cards: Collection[Card] = Collection()
        self.requests: Collection[Request] = Collection()
        self.recurring_invoices: Collection[RecurringInvoice] = Collection()
        self.reminders: Collection[Reminder] = Collection()
        self.payment_links: Collection[PaymentLink] = Collection()
        self.payment_connection: ProviderConnection | None = None
        self.terminals: list[Terminal] = []
        self.mandates: Collection[Mandate] = Collection()
        self.debit_subscriptions: Collection[DirectDebitSubscription] = Collection()
        self.debit_collections: Collection[DirectDebitCollection] = Collection()
        self.labels: list[Label] = []
        self.statements: list[Statement] = []
        self.mails: list[Mail] = []
        self.upload_keys: dict[str, tuple[str, datetime]] = {}
        self.uploads: dict[str, Attachment] = {}
        """The files that wait to go with an invoice or a quote, by id."""
        self.imports: dict[str, str] = {}
        """The invoices that came in as files, by the digest of the file."""
        self.has_imported = False
        self.numbers: defaultdict[str, set[str]] = defaultdict(set)
        """The numbers in use, by the prefix of the kind of document."""
        self.counters: dict[str, int] = {}

    def account(self, id: str) -> BankAccount | None:
        return next((one for one in self.organisation.bank_accounts if one.id == id), None)

    def account_by_iban(self, iban: str) -> BankAccount | None:
        return next((one for one in self.organisation.bank_accounts if one.iban == iban), None)

    def transaction(self, id: str) -> Transaction | None:
        found = (records.get(id) for records in self.transactions.values())
        return next((one for one in found if one is not None), None)


class World:
    """All organisations, the stored files, and time, ids, agenda and webhooks."""

    def __init__(self, ids: IdSource, clock: Clock, hub: Hub) -> None:
        self.ids = ids
        # Apart, so that one more request does not change the ids of all documents after it.
        self.traces = ids.branch("traces")
        self.order = ids.branch("order")
        self.clock = clock
        self.hub = hub
        self.base_url = ""
        self.sandbox = False
        self.file_key = ids.stable_text("file key", 32)
        self.agenda = Agenda()
        self.directory = Directory()
        self.quirks = Quirks()
        self.books: dict[str, Books] = {}
        self.attachments: dict[str, Attachment] = {}
        self.payees = PayeeBanks()
        self.sca_sessions: dict[str, ScaSession] = {}
        self.declined_transfers: dict[str | None, str] = {}
        """Why transfers to an IBAN are declined, or all of them, as a test wants it."""

    def now(self) -> datetime:
        """The present, after everything that was due by now has happened."""
        now = self.clock.now()
        self.agenda.run_due(now)
        return now

    @property
    def first(self) -> Books:
        return next(iter(self.books.values()))

    def books_of(self, organisation_id: str | None) -> Books:
        """The books of an organisation by id or slug, the first one by default; else KeyError."""
        if organisation_id is None:
            return self.first
        if organisation_id in self.books:
            return self.books[organisation_id]
        for books in self.books.values():
            if books.organisation.slug == organisation_id:
                return books
        raise KeyError(organisation_id)

    def memberships_of(self, email: str) -> dict[str, Membership]:
        """A person's active memberships by the id of the organisation."""
        return {
            id: person
            for id, books in self.books.items()
            for person in books.organisation.active_members
            if person.email == email
        }

    @property
    def usernames(self) -> list[str]:
        """The e-mail addresses that one can log in with."""
        people = (one for books in self.books.values() for one in books.organisation.active_members)
        return list(dict.fromkeys(one.email for one in people))

    def membership(self, id: str) -> tuple[Books, Membership]:
        """A member by id, of whatever organisation; else KeyError."""
        for books in self.books.values():
            for person in books.organisation.members:
                if person.id == id:
                    return books, person
        raise KeyError(id)

    def store_file(
        self,
        books: Books,
        file_name: str,
        content_type: str,
        make: Callable[[], bytes],
        at: datetime,
        *,
        ready_after: float = 0.0,
    ) -> Attachment:
        """Keeps a file whose bytes are made on first download."""
        attachment = Attachment(
            id=self.ids.uuid7(at),
            organisation_id=books.organisation.id,
            file_name=file_name,
            content_type=content_type,
            created_at=at,
            ready_at=at + timedelta(seconds=ready_after),
            make=make,
        )
        self.attachments[attachment.id] = attachment
        return attachment

    def find_invoice(self, id: str) -> tuple[Books, ClientInvoice]:
        """A client invoice by id, whoever issued it; else KeyError."""
        for books in self.books.values():
            invoice = books.client_invoices.get(id)
            if invoice is not None:
                return books, invoice
        raise KeyError(id)

    def find_supplier_invoice(self, id: str) -> tuple[Books, SupplierInvoice]:
        """A supplier invoice by id, whoever received it; else KeyError."""
        for books in self.books.values():
            bill = books.supplier_invoices.get(id)
            if bill is not None:
                return books, bill
        raise KeyError(id)
