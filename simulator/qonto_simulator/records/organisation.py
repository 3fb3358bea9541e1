"""A company at Qonto, its accounts and the people who work with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(slots=True)
class BankAccount:
    """A payment account; ``balance`` moves with its transactions."""

    id: str
    slug: str
    name: str
    iban: str
    bic: str
    currency: str
    balance: Decimal
    authorized_balance: Decimal
    main: bool
    created_at: datetime
    updated_at: datetime
    status: str = "active"
    is_external_account: bool = False


@dataclass(slots=True)
class Membership:
    """A person in one organisation; the same person has another membership elsewhere.

    Status: ``invited`` until the person accepts, then ``active``.
    """

    id: str
    first_name: str
    last_name: str
    email: str
    phone_number: str
    position: str
    role: str
    locale: str
    team_id: str
    created_at: datetime
    updated_at: datetime
    status: str = "active"
    kyc_status: str = "accepted"
    sca_enrolled: bool = True
    residence_country: str | None = None
    birthdate: str | None = None
    nationality: str | None = None
    birth_country: str | None = None
    ubo: bool = False

    @property
    def is_admin(self) -> bool:
        """Whether the person may see and change everything of the organisation."""
        return self.role in ("owner", "admin")

    @property
    def sees_balances(self) -> bool:
        return self.is_admin or self.role in ("manager", "reporting", "accountant")


@dataclass(frozen=True, slots=True)
class Address:
    """A place; what is not known of a client's is empty."""

    street_address: str
    city: str
    zip_code: str
    country_code: str
    province_code: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a document can be made out to it."""
        return all((self.street_address, self.city, self.zip_code, self.country_code))


@dataclass(frozen=True, slots=True)
class Team:
    """Some of the people, under one name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class NumberStyles:
    """How an organisation numbers each kind of document.

    Templates with ``year``, ``short`` for its last two digits, and ``position``.
    """

    client_invoice: str
    quote: str
    credit_note: str


PLANS = ("solo_basic", "solo_smart", "solo_premium", "essential", "business", "enterprise")


@dataclass(slots=True)
class Organisation:
    """The legal person, and the texts that it prints on its documents."""

    id: str
    slug: str
    name: str
    legal_name: str
    legal_number: str
    legal_sector: str
    legal_form: str
    legal_registration_date: date
    legal_share_capital: int
    address: Address
    locale: str
    vat_number: str
    tax_number: str
    contract_signed_at: datetime
    secret_key: str
    numbers: NumberStyles
    automatic_numbering: bool = True
    transaction_type: str = "services"
    vat_payment_condition: str = "on_receipts"
    late_payment_penalties: str | None = None
    legal_fixed_compensation: str | None = None
    discount_conditions: str | None = None
    company_leadership: str = ""
    district_court: str = ""
    commercial_register_number: str = ""
    einvoicing_sending: str = "enabled"
    einvoicing_receiving: str = "enabled"
    status: str = "activated"
    plan: str = "business"
    invoice_automation: bool = True
    """Whether the add-on is there that reminders need."""
    bank_accounts: list[BankAccount] = field(default_factory=list[BankAccount])
    members: list[Membership] = field(default_factory=list[Membership])
    teams: list[Team] = field(default_factory=list[Team])

    @property
    def country(self) -> str:
        return self.address.country_code

    @property
    def main_account(self) -> BankAccount:
        return next(account for account in self.bank_accounts if account.main)

    @property
    def active_members(self) -> list[Membership]:
        """Those who can log in."""
        return [person for person in self.members if person.status == "active"]

    @property
    def owner(self) -> Membership:
        """The test user's membership."""
        return self.members[0]
