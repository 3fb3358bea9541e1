"""Real PDF files for the documents, the same bytes for the same document."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from fpdf import FPDF

from .einvoices import issued, received
from .einvoices.document import EInvoice
from .einvoices.embedding import embed
from .einvoices.writing import xml
from .money import rounded
from .records.client import Client
from .records.client_invoice import ClientInvoice
from .records.credit_note import CreditNote
from .records.lines import Line
from .records.organisation import Organisation
from .records.quote import Quote
from .records.supplier_invoice import Reading


def file_name(number: str, day: date | None, seller: str) -> str:
    """``2603-F-2026-0000291-Qonto-SA.pdf``: month, number, issuer."""
    month = f"{day:%y%m}-" if day else ""
    return f"{month}{_plain(number)}-{_plain(seller)}.pdf"


def _plain(text: str) -> str:
    """Without what file names can't hold, such as the slash of ``2026/42``."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


class _Paper(FPDF):
    """One page in a plain hand."""

    def __init__(self, title: str, at: datetime) -> None:
        super().__init__(format="A4")
        # The built-in fonts know Western European letters and the euro sign; others become "?".
        self.core_fonts_encoding = "windows-1252"
        self.set_creation_date(at)
        self.set_title(title)
        self._at = at
        self.add_page()
        self.text_line(title, size=18, bold=True)
        self.ln(4)

    def text_line(self, text: str, *, size: int = 10, bold: bool = False) -> None:
        self.set_font("helvetica", "B" if bold else "", size)
        self.cell(0, size * 0.6, _printable(text), new_x="LMARGIN", new_y="NEXT")

    def row(self, *cells: tuple[float, str, str], bold: bool = False) -> None:
        self.set_font("helvetica", "B" if bold else "", 10)
        for width, text, align in cells:
            self.cell(width, 7, _printable(text), border="B", align=align)
        self.ln(7)

    def content(self, einvoice: EInvoice | None = None) -> bytes:
        if einvoice is not None:
            embed(self, xml(einvoice), self._at)
        return bytes(self.output())


def _printable(text: str) -> str:
    return text.encode("windows-1252", "replace").decode("windows-1252")


def _amount(value: Decimal, currency: str) -> str:
    return f"{rounded(value):,.2f} {currency}".replace(",", " ")


def client_invoice(
    invoice: ClientInvoice, issuer: Organisation, at: datetime, *, structured: bool = False
) -> bytes:
    """The invoice as its client gets it; with the structured one inside as a Factur-X."""
    paper = _Paper(f"Invoice {invoice.number}", at)
    _parties(paper, issuer, invoice.client)
    paper.text_line(f"Issued {invoice.issue_date}    Due {invoice.due_date}")
    _lines(paper, invoice.lines, invoice.currency, invoice.total, invoice.vat)
    paper.text_line(f"Pay to {invoice.beneficiary_name}, IBAN {invoice.iban}, BIC {invoice.bic}")
    for text in (invoice.terms_and_conditions, invoice.footer):
        if text:
            paper.text_line(text, size=8)
    return paper.content(issued.client_invoice(invoice, issuer) if structured else None)


def credit_note(
    note: CreditNote, issuer: Organisation, at: datetime, *, structured: bool = False
) -> bytes:
    paper = _Paper(f"Credit note {note.number}", at)
    _parties(paper, issuer, note.client)
    paper.text_line(f"Issued {note.issue_date}")
    if note.reason:
        paper.text_line(note.reason)
    _lines(paper, note.lines, note.currency, note.total, note.vat)
    return paper.content(issued.credit_note(note, issuer) if structured else None)


def quote(offer: Quote, issuer: Organisation, at: datetime) -> bytes:
    paper = _Paper(f"Quote {offer.number}", at)
    _parties(paper, issuer, offer.client)
    paper.text_line(f"Issued {offer.issue_date}    Valid until {offer.expiry_date}")
    _lines(paper, offer.lines, offer.currency, offer.total, offer.vat)
    paper.text_line(offer.terms_and_conditions, size=8)
    return paper.content()


def supplier_invoice(
    reading: Reading, buyer: Organisation, at: datetime, *, structured: bool = False
) -> bytes:
    """What a supplier might have sent."""
    title = "Credit note" if reading.is_credit_note else "Invoice"
    paper = _Paper(f"{title} {reading.invoice_number or ''}".strip(), at)
    paper.text_line(reading.supplier_name, bold=True)
    paper.text_line(f"To {buyer.legal_name}, {buyer.address.city}")
    paper.text_line(f"Issued {reading.issue_date}    Due {reading.due_date}")
    if reading.total is not None:
        paper.text_line(f"Total {_amount(reading.total, reading.currency)}", bold=True)
    if reading.iban:
        paper.text_line(f"IBAN {reading.iban}")
    return paper.content(received.supplier_invoice(reading, buyer) if structured else None)


def sheet(title: str, texts: list[str], at: datetime) -> bytes:
    """A page of plain lines: statements, certificates, receipts."""
    paper = _Paper(title, at)
    for text in texts:
        paper.text_line(text)
    return paper.content()


def _parties(paper: _Paper, issuer: Organisation, client: Client) -> None:
    place = issuer.address
    paper.text_line(issuer.legal_name, bold=True)
    paper.text_line(f"{place.street_address}, {place.zip_code} {place.city}")
    paper.text_line(f"VAT {issuer.vat_number}")
    paper.ln(3)
    paper.text_line(f"To {client.display_name}", bold=True)
    if client.billing_address:
        where = client.billing_address
        paper.text_line(f"{where.street_address}, {where.zip_code} {where.city}")
    paper.ln(3)


def _lines(
    paper: _Paper, lines: tuple[Line, ...], currency: str, total: Decimal, vat: Decimal
) -> None:
    paper.ln(3)
    paper.row(
        (90, "Item", "L"), (25, "Quantity", "R"), (25, "VAT", "R"), (50, "Net", "R"), bold=True
    )
    for one in lines:
        rate = format((one.vat_rate * 100).normalize(), "f")
        paper.row(
            (90, one.title[:45], "L"),
            (25, format(one.quantity, "f"), "R"),
            (25, f"{rate} %", "R"),
            (50, _amount(one.subtotal, currency), "R"),
        )
    paper.ln(3)
    paper.text_line(f"Net {_amount(total - vat, currency)}")
    paper.text_line(f"VAT {_amount(vat, currency)}")
    paper.text_line(f"Total {_amount(total, currency)}", size=12, bold=True)
    paper.ln(3)
