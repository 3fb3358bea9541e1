"""The organisation, the people in it, its accounts and what moves on them.

Banking amounts are JSON numbers, each beside a twin in cents. `mapping.bank_notes` reads the pair.
"""

from typing import Any, ClassVar

import msgspec

from connector.listing.records import Record
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource, Unreadable


class QontoBankAccount(QontoDocument, frozen=True):
    """An account at Qonto, or elsewhere when the organisation has connected it."""

    id: str | None = None
    name: str | None = None
    iban: str | None = None
    bic: str | None = None
    account_number: str | None = None
    currency: str | None = None
    balance: Any = None
    balance_cents: Any = None
    authorized_balance: Any = None
    authorized_balance_cents: Any = None
    status: str | None = None
    main: bool | None = None
    is_external_account: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Organization(QontoDocument, frozen=True):
    """The linked organisation. `accounts_of` reads its accounts, each by itself."""

    fleeting: ClassVar[frozenset[str]] = frozenset({"bank_accounts"})

    id: str | None = None
    slug: str | None = None
    name: str | None = None
    legal_name: str | None = None
    legal_country: str | None = None
    bank_accounts: msgspec.Raw = msgspec.Raw(b"null")


class Membership(QontoDocument, frozen=True):
    """A person as a member of the organisation."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    role: str | None = None
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Counterparty(msgspec.Struct, frozen=True, gc=False):
    """Where money went or came from; the number is an IBAN unless its format says otherwise."""

    counterparty_account_number: str | None = None
    counterparty_account_number_format: str | None = None
    counterparty_bank_identifier: str | None = None


class Label(msgspec.Struct, frozen=True, gc=False):
    """A tag that the organisation put on a transaction."""

    id: str | None = None
    name: str | None = None


CounterpartyField = Counterparty | None
"""A counterparty, or one of the ways of saying that there is none."""


class VatDetail(msgspec.Struct, frozen=True, gc=False):
    """The tax at one rate."""

    rate: Any = None
    amount: Any = None
    amount_cents: Any = None


class VatDetails(msgspec.Struct, frozen=True, gc=False):
    """The taxes of a movement, there only when asked for."""

    items: list[VatDetail] | None = None


class QontoTransaction(QontoDocument, frozen=True):
    """A movement. `amount` has no sign; `side` is credit or debit, seen from the account.

    `vat_rate` is in percent, -1 where it is unknown or where there are several. One sub-object,
    named after the subject, tells about the counterparty. `labels` are there only when asked for.
    """

    id: str | None = None
    bank_account_id: str | None = None
    amount: Any = None
    amount_cents: Any = None
    currency: str | None = None
    local_currency: str | None = None
    side: str | None = None
    operation_type: str | None = None
    status: str | None = None
    label: str | None = None
    clean_counterparty_name: str | None = None
    reference: str | None = None
    note: str | None = None
    vat_amount: Any = None
    vat_amount_cents: Any = None
    vat_rate: Any = None
    vat_details: VatDetails | None = None
    card_last_digits: str | None = None
    attachment_ids: list[str] | None = None
    label_ids: list[str] | None = None
    labels: list[Label] | None = None
    emitted_at: str | None = None
    settled_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    transfer: CounterpartyField = None
    income: CounterpartyField = None
    direct_debit: CounterpartyField = None
    direct_debit_collection: CounterpartyField = None
    swift_income: CounterpartyField = None


ORGANIZATION = QontoResource("organizations", "organization", Organization)
BANK_ACCOUNTS = QontoResource("bank_accounts", "bank_account", QontoBankAccount)
MEMBERSHIP = QontoResource("memberships", "membership", Membership)
MEMBERSHIPS = MEMBERSHIP
TRANSACTIONS = QontoResource("transactions", "transaction", QontoTransaction)


def accounts_of(organization: Organization) -> tuple[Record[QontoBankAccount], ...]:
    """Read the organisation's accounts, record by record; none where there is no list."""
    try:
        return BANK_ACCOUNTS.read_page(b'{"bank_accounts":%b}' % organization.bank_accounts).records
    except Unreadable:
        return ()
