"""Invoices that were made elsewhere and come in as files.

They are final from the beginning and keep the file they came in as their own. The same file twice
is the same invoice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from qonto_simulator.einvoices.reading import Buyer, ReadInvoice
from qonto_simulator.errors import ApiError, Problem
from qonto_simulator.filters import plain
from qonto_simulator.ids import NO_ID
from qonto_simulator.money import ZERO
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.world import Books, World

from . import clients
from .client_invoices import PREFIX, tell
from .invoice_fields import printed_settings
from .reachability import is_reachable

_SIREN = 9
"""The length of a French company's number; that of a shop begins with it."""


@dataclass(frozen=True)
class Import:
    """A file that was found good; ``reading`` is what it says, where a machine can tell."""

    name: str
    content_type: str
    content: bytes
    reading: ReadInvoice | None
    pointer: str

    @cached_property
    def digest(self) -> str:
        """By what files are told apart."""
        return hashlib.sha256(self.content).hexdigest()


def bring_in(
    world: World, books: Books, files: Sequence[Import], *, at: datetime
) -> list[ClientInvoice]:
    """The invoice of each file, new or known; 409 and none at all when a number is taken."""
    _require_free_numbers(books, files)
    return [_known(books, file) or _add(world, books, file, at) for file in files]


def _known(books: Books, file: Import) -> ClientInvoice | None:
    return books.client_invoices.get(books.imports.get(file.digest, ""))


def _require_free_numbers(books: Books, files: Sequence[Import]) -> None:
    taken: list[Problem] = []
    new: dict[str, str] = {}
    for file in files:
        if file.reading is None or _known(books, file) is not None:
            continue
        number = file.reading.number
        if number in books.numbers[PREFIX] or new.setdefault(number, file.digest) != file.digest:
            detail = f"{file.name}: number is already used"
            taken.append(Problem("invoice_number_already_exists", detail, file.pointer))
    if taken:
        raise ApiError(409, *taken)


def _add(world: World, books: Books, file: Import, at: datetime) -> ClientInvoice:
    invoice = _unread(world, books, at)
    if file.reading is not None:
        _write(invoice, file.reading, _client(world, books, file.reading, at))
        books.numbers[PREFIX].add(invoice.number)
    content = file.content
    invoice.attachment_id = world.store_file(
        books, file.name, file.content_type, lambda: content, at
    ).id
    books.client_invoices.add(invoice)
    books.has_imported = True
    books.imports[file.digest] = invoice.id
    tell(world, books, invoice, "created", at)
    return invoice


def _unread(world: World, books: Books, at: datetime) -> ClientInvoice:
    """An invoice of which nothing is known yet."""
    organisation = books.organisation
    account = organisation.main_account
    return ClientInvoice(
        id=world.ids.uuid7(at),
        number="",
        status="unpaid",
        client=Client(id=NO_ID, kind="company", name="", created_at=at, updated_at=at),
        currency=account.currency,
        issue_date=None,
        due_date=None,
        iban=account.iban,
        bic=account.bic,
        beneficiary_name=organisation.legal_name,
        settings=printed_settings(organisation),
        total=ZERO,
        vat=ZERO,
        lines=(),
        created_at=at,
        updated_at=at,
        finalized_at=at,
        imported=True,
        is_structured=False,
    )


def _write(invoice: ClientInvoice, reading: ReadInvoice, client: Client) -> None:
    invoice.is_structured = True
    invoice.client = client
    invoice.number = reading.number
    invoice.issue_date = reading.issue_date
    invoice.due_date = reading.due_date
    invoice.currency = reading.currency
    invoice.lines = reading.lines
    invoice.total = reading.total
    invoice.vat = reading.vat
    invoice.discount = reading.discount
    invoice.purchase_order = reading.purchase_order
    invoice.terms_and_conditions = reading.terms_and_conditions
    invoice.contact_email = reading.contact_email
    invoice.performance_start_date = reading.performance_start_date
    invoice.performance_end_date = reading.performance_end_date
    if reading.iban:
        invoice.iban, invoice.bic = reading.iban, reading.bic


def _client(world: World, books: Books, reading: ReadInvoice, at: datetime) -> Client:
    """The client that the buyer is, or a new one; with what the document says of the buyer."""
    buyer = reading.buyer
    known = _found(books, buyer) or clients.add(
        world, books, _new_client(world, reading, at), at=at
    )
    shown = replace(
        known,
        name=buyer.name,
        vat_number=buyer.vat_number or known.vat_number,
        tax_identification_number=buyer.legal_number or known.tax_identification_number,
        e_invoicing_address=buyer.e_invoicing_address or known.e_invoicing_address,
        billing_address=buyer.address or known.billing_address,
        extra_emails=list(known.extra_emails),
    )
    shown.e_invoicing_reachable = is_reachable(world.directory, shown)
    return shown


def _new_client(world: World, reading: ReadInvoice, at: datetime) -> Client:
    buyer = reading.buyer
    country = buyer.address.country_code.lower() if buyer.address else ""
    return Client(
        id=world.ids.uuid7(at),
        kind="company",
        name=buyer.name,
        created_at=at,
        updated_at=at,
        email=buyer.email or None,
        currency=reading.currency,
        locale=country if country in clients.LOCALES else "en",
        vat_number=buyer.vat_number or None,
        tax_identification_number=buyer.legal_number or None,
        e_invoicing_address=buyer.e_invoicing_address or None,
        billing_address=buyer.address,
    )


def _found(books: Books, buyer: Buyer) -> Client | None:
    """By VAT number, else by the number of its register, else by name."""
    tests: tuple[Callable[[Client], bool], ...] = (
        lambda one: _same(one.vat_number, buyer.vat_number),
        lambda one: _same_company(one.tax_identification_number, buyer.legal_number),
        lambda one: plain(one.display_name) == plain(buyer.name),
    )
    return next((one for is_it in tests for one in books.clients if is_it(one)), None)


def _same(one: str | None, other: str) -> bool:
    return bool(other) and _bare(one or "") == _bare(other)


def _same_company(one: str | None, other: str) -> bool:
    """SIREN and SIRET of one company are the same company."""
    left, right = sorted((_bare(one or ""), _bare(other)), key=len)
    return len(left) >= _SIREN and right.startswith(left)


def _bare(number: str) -> str:
    return "".join(number.split()).upper()
