"""What happens on the e-invoicing network."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from qonto_simulator import pdf
from qonto_simulator.einvoices import received
from qonto_simulator.einvoices.writing import Syntax, xml
from qonto_simulator.money import parse_decimal
from qonto_simulator.records.client_invoice import LifecycleEvent
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.records.organisation import Organisation
from qonto_simulator.records.supplier_invoice import Reading
from qonto_simulator.render.client_invoices import client_invoice
from qonto_simulator.render.common import Document
from qonto_simulator.render.credit_notes import credit_note
from qonto_simulator.render.supplier_invoices import supplier_invoice
from qonto_simulator.rules import clients, einvoicing
from qonto_simulator.rules.reachability import is_reachable
from qonto_simulator.rules.supplier_invoices import Arrival, arrive
from qonto_simulator.seeding.purchases import reading
from qonto_simulator.seeding.scenery import scenery
from qonto_simulator.times import today
from qonto_simulator.world import Books

from .call import call
from .desk import Desk
from .fields import Decimals, Id, Organization, Rate, WholeAmount

Code = Annotated[int, Meta(ge=200, le=214, description="The French status code")]
Reason = Annotated[str, Meta(description="Why, by its code; needed for 206, 207, 208, 210 and 213")]
Message = Annotated[str | None, Meta(description="Why, in words; the code by default")]
Format = Literal["facturx", "cii", "ubl", "zugferd", "xrechnung"]

_FORMATS: dict[str, tuple[Format, ...]] = {
    "FR": ("facturx", "cii", "ubl"),
    "DE": ("zugferd", "xrechnung"),
}
_SYNTAXES: dict[Format, Syntax] = {"cii": "cii", "ubl": "ubl", "xrechnung": "xrechnung"}
"""The formats that are XML alone; the others are PDFs with the XML inside."""


class DirectoryEntry(TypedDict):
    """An address in the French directory, or one that was taken out."""

    address: str
    registered: bool


class EInvoices(Desk):
    """The e-invoicing network: its directory, what arrives from it, and how sent ones fare."""

    @call(
        "POST",
        "/einvoicing/directory",
        "Take an address out of the French directory or put it back. Every valid SIREN is in it at"
        " first. Clients that become reachable or unreachable emit `updated`; a company whose own"
        " SIREN is out can't send.",
        answers="entry",
        example={"address": "732829320", "registered": False},
    )
    def enter_directory(
        self,
        address: Annotated[
            str, Meta(description="A SIREN, alone or followed by `_` and a SIRET or a suffix")
        ],
        registered: Annotated[bool, Meta(description="Whether it is to be in the directory")],
    ) -> DirectoryEntry:
        world, now = self._world, self._world.now()
        if registered:
            world.directory.enter(address)
        else:
            world.directory.remove(address)
        for books in world.books.values():
            for client in list(books.clients):
                if is_reachable(world.directory, client) != client.e_invoicing_reachable:
                    clients.change(world, books, client, at=now)
        return DirectoryEntry(address=address, registered=world.directory.has(address))

    @call(
        "POST",
        "/invoices/{id}/einvoice",
        "The next step of an invoice that was sent by e-invoice; one that can't follow is refused.",
        answers="client_invoice",
        example={"code": 210, "reason": "DOUBLON"},
    )
    def progress_einvoice(
        self, id: Id, code: Code, *, reason: Reason = "", reason_message: Message = None
    ) -> Document:
        books, invoice = self._world.find_invoice(id)
        event = LifecycleEvent(code, self._world.now(), reason, reason_message or reason)
        einvoicing.progress(self._world, books, invoice, event)
        return client_invoice(invoice, books.organisation, self._world.base_url)

    @call(
        "POST",
        "/credit_notes/{id}/einvoice",
        "The next step of a credit note that followed its invoice on the network.",
        answers="credit_note",
        example={"code": 205},
    )
    def progress_credit_note(
        self, id: Id, code: Code, *, reason: Reason = "", reason_message: Message = None
    ) -> Document:
        books, note = self._credit_note(id)
        event = LifecycleEvent(code, self._world.now(), reason, reason_message or reason)
        einvoicing.progress(self._world, books, note, event)
        return credit_note(note, books.organisation.id, self._world.base_url)

    def _credit_note(self, id: str) -> tuple[Books, CreditNote]:
        for books in self._world.books.values():
            note = books.credit_notes.get(id)
            if note is not None:
                return books, note
        raise KeyError(id)

    @call(
        "POST",
        "/einvoices",
        "A supplier's e-invoice arrives at a French or a German company, as a supplier invoice that"
        " needs no reading.",
        answers="supplier_invoice",
        status=201,
        example={"format": "ubl", "net": "50.00"},
    )
    def receive_einvoice(
        self,
        *,
        organization_id: Organization = None,
        format: Annotated[
            Format | None,
            Meta(
                description="`facturx`, `cii` or `ubl` in France, `zugferd` or `xrechnung` in"
                " Germany; the first of them by default"
            ),
        ] = None,
        supplier_name: Annotated[
            str | None, Meta(description="Who sends it; the country's host by default")
        ] = None,
        invoice_number: Annotated[
            str | None, Meta(description="The supplier's number; a new one by default")
        ] = None,
        net: Annotated[Decimals | WholeAmount, Meta(description="Without VAT, in EUR")] = "50.00",
        tax_rate: Annotated[
            Rate | None, Meta(description="VAT as a fraction; the country's by default")
        ] = None,
        due_in_days: Annotated[int, Meta(ge=0, le=36_500, description="From today")] = 30,
        is_credit_note: Annotated[bool, Meta(description="A credit note instead")] = False,
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        kind = self._format(organisation, format)
        place = scenery(organisation.country)
        read = reading(
            supplier_name or place.suppliers.hosting.name,
            invoice_number or f"E-{now.year}-{2000 + len(books.supplier_invoices)}",
            today(now),
            parse_decimal(net),
            parse_decimal(place.rates.standard if tax_rate is None else tax_rate),
            country=organisation.country,
            due_in=due_in_days,
            is_credit_note=is_credit_note,
            category="CREDIT_NOTE" if is_credit_note else "INVOICE",
        )
        show = partial(pdf.supplier_invoice, read, organisation, now)
        name = pdf.file_name(read.invoice_number or "", read.issue_date, read.supplier_name)
        syntax = _SYNTAXES.get(kind)
        arrival = Arrival(
            file_name=name.removesuffix("pdf") + "xml" if syntax else name,
            content_type="application/xml" if syntax else "application/pdf",
            make=(
                partial(_xml, read, organisation, syntax)
                if syntax
                else partial(show, structured=True)
            ),
            source="e_invoicing",
            source_type="e_invoicing",
            reading=read,
            display=(name, show) if syntax else None,
            e_invoice_type=kind if organisation.country == "DE" else None,
        )
        return supplier_invoice(arrive(self._world, books, arrival, at=now), organisation.id)

    def _format(self, organisation: Organisation, format: Format | None) -> Format:
        if self._world.sandbox:
            raise ValueError("the sandbox has no e-invoicing")
        if organisation.einvoicing_receiving != "enabled":
            raise ValueError("receiving e-invoices is not enabled")
        formats = _FORMATS.get(organisation.country, ())
        if not formats:
            raise ValueError("only French and German companies receive e-invoices")
        if format is not None and format not in formats:
            raise ValueError(f"format must be one of: {', '.join(formats)}")
        return format or formats[0]


def _xml(read: Reading, organisation: Organisation, syntax: Syntax) -> bytes:
    return xml(received.supplier_invoice(read, organisation), syntax)
