"""Qonto's JSON as Qonto sends it: client invoices, credit notes, supplier invoices, errors.

Qonto's documentation announces new fields and new enum values without notice, and the API mixes
null, "" and absent for "no value". So every field is optional, enums are plain text, an amount is a
string or a number, and a page is read record by record: one that doesn't fit costs only itself.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

import msgspec

D = TypeVar("D", bound="Identified")


class Identified(Protocol):
    """Whatever carries an id, which names it when the rest can't be read."""

    @property
    def id(self) -> str | None: ...


class Money(msgspec.Struct, frozen=True):
    """An amount with its currency. `value` is a decimal string by the documentation."""

    value: Any = None
    currency: str | None = None


MoneyField = Money | str | None
"""An amount, or one of the ways of saying that there is none."""


class Discount(msgspec.Struct, frozen=True):
    """`value` is a fraction when `type` is percentage (0.1 is 10 %); `amount` is what it makes."""

    type: str | None = None
    value: Any = None
    amount: MoneyField = None


class PostalAddress(msgspec.Struct, frozen=True):
    street_address: str | None = None
    city: str | None = None
    zip_code: str | None = None
    country_code: str | None = None


class Client(msgspec.Struct, frozen=True):
    """The customer as printed on a document. The flat address is the older form."""

    id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    vat_number: str | None = None
    address: str | None = None
    city: str | None = None
    zip_code: str | None = None
    country_code: str | None = None
    billing_address: PostalAddress | str | None = None
    delivery_address: PostalAddress | str | None = None


class Item(msgspec.Struct, frozen=True):
    """A line of a client invoice or credit note. `vat_rate` is a fraction: 0.2 is 20 %."""

    title: str | None = None
    description: str | None = None
    quantity: Any = None
    unit_price: MoneyField = None
    vat_rate: Any = None
    discount: Discount | str | None = None
    subtotal: MoneyField = None
    total_amount: MoneyField = None


class PaymentMethod(msgspec.Struct, frozen=True):
    iban: str | None = None
    bic: str | None = None


class Issuer(msgspec.Struct, frozen=True):
    """The organisation as printed on a document."""

    legal_country: str | None = None
    address_country: str | None = None


class ClientInvoice(msgspec.Struct, frozen=True):
    """An invoice the organisation issued. `items` is null for a draft without lines."""

    id: str | None = None
    organization_id: str | None = None
    attachment_id: str | None = None
    number: str | None = None
    invoice_number: str | None = None
    purchase_order: str | None = None
    status: str | None = None
    invoice_type: str | None = None
    currency: str | None = None
    total_amount: MoneyField = None
    vat_amount: MoneyField = None
    amount_paid: MoneyField = None
    discount: Discount | str | None = None
    stamp_duty_amount: Any = None
    welfare_fund: Any = None
    withholding_tax: Any = None
    issue_date: str | None = None
    due_date: str | None = None
    performance_date: str | None = None
    performance_start_date: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    paid_at: str | None = None
    items: list[Item] | None = None
    client: Client | str | None = None
    payment_methods: list[PaymentMethod] | PaymentMethod | None = None
    organization: Issuer | str | None = None


class CreditNote(msgspec.Struct, frozen=True):
    """A credit note to one of the organisation's own invoices. It has no status of its own."""

    id: str | None = None
    organization_id: str | None = None
    attachment_id: str | None = None
    number: str | None = None
    invoice_id: str | None = None
    reason: str | None = None
    currency: str | None = None
    total_amount: MoneyField = None
    issue_date: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    finalized_at: str | None = None
    items: list[Item] | None = None
    client: Client | str | None = None


class SupplierInvoice(msgspec.Struct, frozen=True):
    """A document received from a supplier; what it says was read from a file.

    Before `analyzed_at` is set, amounts, dates and names are missing or unreliable. Supplier credit
    notes are in the same resource, told apart by `is_credit_note`.
    """

    id: str | None = None
    organization_id: str | None = None
    status: str | None = None
    supplier_id: str | None = None
    supplier_name: str | None = None
    issuer_name: str | None = None
    invoice_number: str | None = None
    description: str | None = None
    vat_number: str | None = None
    total_amount: MoneyField = None
    total_amount_excluding_taxes: MoneyField = None
    total_tax_amount: MoneyField = None
    issue_date: str | None = None
    due_date: str | None = None
    payment_date: str | None = None
    iban: str | None = None
    attachment_id: str | None = None
    analyzed_at: str | None = None
    is_credit_note: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Organization(msgspec.Struct, frozen=True):
    """The linked organisation."""

    id: str | None = None
    name: str | None = None
    legal_name: str | None = None


class Membership(msgspec.Struct, frozen=True):
    """The person who linked, as a member of the organisation."""

    id: str | None = None


class WebhookSubscription(msgspec.Struct, frozen=True):
    """A webhook subscription. The secret is shown when it is made, and not again."""

    id: str | None = None
    organization_id: str | None = None
    membership_id: str | None = None
    callback_url: str | None = None
    types: list[str] | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"WebhookSubscription(id={self.id!r}, types={self.types!r})"


class ListMeta(msgspec.Struct, frozen=True):
    """Where a page stands. `next_page` may be absent on the last page instead of null."""

    current_page: int | None = None
    next_page: int | None = None
    total_pages: int | None = None
    total_count: int | None = None
    per_page: int | None = None


class Unreadable(ValueError):
    """The bytes are not the JSON that the endpoint documents; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Record(Generic[D]):
    """One document of a page: `document`, or None when it can't be read, and its own bytes."""

    document: D | None
    raw: bytes = field(repr=False)
    id: str | None


@dataclass(frozen=True, slots=True)
class DocumentPage(Generic[D]):
    """One page of a list, and the bytes it came in."""

    records: tuple[Record[D], ...]
    meta: ListMeta
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadError:
    """One entry of an error answer; `source` is the pointer or parameter it names."""

    code: str | None
    detail: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class ReadErrors:
    entries: tuple[ReadError, ...] = ()
    trace_id: str | None = None


class _ErrorSource(msgspec.Struct, frozen=True):
    pointer: Any = None
    parameter: Any = None


class _ErrorEntry(msgspec.Struct, frozen=True):
    code: Any = None
    detail: Any = None
    message: Any = None
    error: Any = None
    error_description: Any = None
    source: _ErrorSource | str | None = None


class _ErrorBody(_ErrorEntry, frozen=True):
    errors: list[_ErrorEntry | str] | _ErrorEntry | str | None = None
    trace_id: Any = None


class _OnlyId(msgspec.Struct, frozen=True):
    id: str | None = None


# numbers outside strings become Decimal, so that no amount passes through a float
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_LIST: msgspec.json.Decoder[list[msgspec.Raw] | None] = msgspec.json.Decoder(
    list[msgspec.Raw] | None
)
_META = msgspec.json.Decoder(ListMeta)
_ONLY_ID = msgspec.json.Decoder(_OnlyId)
_ERROR_BODY = msgspec.json.Decoder(_ErrorBody)

_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError)
"""How broken JSON shows: also as nesting and as exponents beyond reason."""


class Resource(Generic[D]):
    """How one resource is named and read: the key of its list, of a single one, and its type."""

    def __init__(self, plural: str, singular: str, document: type[D]) -> None:
        self.plural = plural
        self.singular = singular
        self._decoder = msgspec.json.Decoder(document, float_hook=Decimal)

    def read_page(self, body: bytes) -> DocumentPage[D]:
        """Read a list answer, record by record. Raises Unreadable when there is no such list."""
        outer = _outer(body)
        if self.plural not in outer:
            raise Unreadable(f"the answer has no {self.plural}")
        try:
            raws = _RAW_LIST.decode(outer[self.plural]) or []
        except _BROKEN:
            raise Unreadable(f"{self.plural} is not a list") from None
        return DocumentPage(
            tuple(self._record(bytes(raw)) for raw in raws), _meta(outer.get("meta")), body
        )

    def read_one(self, body: bytes) -> tuple[D, bytes]:
        """Read a single document and its own bytes, in its envelope or bare. Raises Unreadable."""
        raw = bytes(_outer(body).get(self.singular, body))
        try:
            return self._decoder.decode(raw), raw
        except _BROKEN:
            raise Unreadable(f"the {self.singular} doesn't fit its documentation") from None

    def _record(self, raw: bytes) -> Record[D]:
        try:
            document = self._decoder.decode(raw)
        except _BROKEN:
            return Record(None, raw, _id_of(raw))
        return Record(document, raw, document.id)


CLIENT_INVOICES = Resource("client_invoices", "client_invoice", ClientInvoice)
CREDIT_NOTES = Resource("credit_notes", "credit_note", CreditNote)
SUPPLIER_INVOICES = Resource("supplier_invoices", "supplier_invoice", SupplierInvoice)
ORGANIZATION = Resource("organizations", "organization", Organization)
MEMBERSHIP = Resource("memberships", "membership", Membership)
# listed under a name of its own, and bare when single
WEBHOOK_SUBSCRIPTIONS = Resource("subscriptions", "subscription", WebhookSubscription)


def read_errors(body: bytes) -> ReadErrors:
    """Read an error answer in any of the shapes in use; what can't be read is left out.

    Documented is `{errors: [{code, detail, source}], trace_id}`; also seen are `errors` as an
    object, `{message}`, `{code, message, trace_id}` and the authorisation server's `{error}`.
    """
    try:
        outer = _ERROR_BODY.decode(body)
    except _BROKEN:
        return ReadErrors()
    listed = outer.errors if isinstance(outer.errors, list) else [outer.errors or outer]
    entries = (_error(entry) for entry in listed)
    return ReadErrors(
        tuple(entry for entry in entries if entry.code or entry.detail), _text(outer.trace_id)
    )


def _error(entry: "_ErrorEntry | _ErrorBody | str") -> ReadError:
    if isinstance(entry, str):
        return ReadError(None, _text(entry), None)
    where = entry.source if isinstance(entry.source, _ErrorSource) else _ErrorSource()
    return ReadError(
        _text(entry.code) or _text(entry.error),
        _text(entry.detail) or _text(entry.message) or _text(entry.error_description),
        _text(where.pointer) or _text(where.parameter),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _outer(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        body.decode()  # skipped fields aren't checked otherwise, and would be passed on as raw data
        return _OBJECT.decode(body)
    except _BROKEN:
        raise Unreadable("the answer is not a JSON object") from None


def _meta(raw: msgspec.Raw | None) -> ListMeta:
    if raw is None:
        return ListMeta()
    try:
        return _META.decode(raw)
    except _BROKEN:
        return ListMeta()


def _id_of(raw: bytes) -> str | None:
    try:
        return _ONLY_ID.decode(raw).id
    except _BROKEN:
        return None
