"""Client invoices, credit notes and supplier invoices as booking proposals.

client invoice           INVOICE
credit note              INVOICE_CREDIT_NOTE
supplier invoice         BILL
supplier credit note     BILL_CREDIT_NOTE
"""

from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.sales import (
    Client,
    ClientInvoice,
    PaymentMethod,
    QontoCreditNote,
    QontoItem,
)
from connector.providers.qonto.mapping import status
from connector.providers.qonto.mapping.bill import note_unread, supplier_name, supplier_standing
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.client import addresses_of, client_of, name_of
from connector.providers.qonto.mapping.invoice import number_of, performance_start, standing_of
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.booking_proposal import (
    BookingProposal,
    BookingProposalAddress,
    BookingProposalLine,
)
from connector.unified.mapped import Mapped
from connector.unified.parts import part_id


def propose_invoice(document: ClientInvoice, calendar: Calendar) -> Mapped[BookingProposal]:
    """Propose the booking of a client invoice; the bank account is the one to be paid to."""
    notes = Notes("booking proposal", document)
    currency = notes.currency(document.currency, document.total_amount)
    client = client_of(document.client)
    account = _account_of(document)
    proposal = BookingProposal(
        id=notes.id,
        account_name=None,
        addresses=_towns(client),
        bank_account_id=None,
        bank_account_number=None,
        bank_code=None,
        bic=notes.text(account.bic),
        booking_proposal_date=notes.date("issue_date", document.issue_date),
        booking_type="INVOICE",
        contact_account_number=None,
        contact_id=notes.reference(client.id),
        contact_name=name_of(client),
        created_date=notes.date("created_at", document.created_at),
        currency=currency,
        delivery_date=notes.date("performance_start_date", performance_start(document)),
        discount_payment_date=None,
        discount_payment_date2=None,
        due_date=notes.date("due_date", document.due_date),
        files=_files(document.attachment_id, notes),
        journal_code=None,
        iban=notes.iban(account.iban),
        is_payment_order=None,
        ledger_name=None,
        line_items=_lines(document.items, notes),
        notes=None,
        number=number_of(document),
        order_id=notes.text(document.purchase_order),
        paid_date=notes.date("paid_at", document.paid_at),
        payment_terms_id=None,
        status=status.for_booking(standing_of(document, calendar, notes).status),
        task_id=None,
        total_gross_amount=notes.amount("total_amount", document.total_amount),
        updated_date=notes.date("updated_at", document.updated_at),
        vat_id=notes.text(client.vat_number),
    )
    return Mapped(proposal, tuple(notes.warnings))


def propose_credit_note(document: QontoCreditNote, calendar: Calendar) -> Mapped[BookingProposal]:
    """Propose the booking of a credit note, with the amounts signed as Qonto signs them.

    `notes` is the reason given; Qonto has neither a status nor a due date for it.
    """
    del calendar  # a credit note is never overdue
    notes = Notes("booking proposal", document)
    currency = notes.currency(document.currency, document.total_amount)
    client = client_of(document.client)
    proposal = BookingProposal(
        id=notes.id,
        account_name=None,
        addresses=_towns(client),
        bank_account_id=None,
        bank_account_number=None,
        bank_code=None,
        bic=None,
        booking_proposal_date=notes.date("issue_date", document.issue_date),
        booking_type="INVOICE_CREDIT_NOTE",
        contact_account_number=None,
        contact_id=notes.reference(client.id),
        contact_name=name_of(client),
        created_date=notes.date("created_at", document.created_at),
        currency=currency,
        delivery_date=None,
        discount_payment_date=None,
        discount_payment_date2=None,
        due_date=None,
        files=_files(document.attachment_id, notes),
        journal_code=None,
        iban=None,
        is_payment_order=None,
        ledger_name=None,
        line_items=_lines(document.items, notes),
        notes=notes.text(document.reason),
        number=notes.text(document.number),
        order_id=None,
        paid_date=None,
        payment_terms_id=None,
        status=None,
        task_id=None,
        total_gross_amount=notes.amount("total_amount", document.total_amount),
        updated_date=notes.date("updated_at", document.updated_at),
        vat_id=notes.text(client.vat_number),
    )
    return Mapped(proposal, tuple(notes.warnings))


def propose_supplier_invoice(
    document: SupplierInvoice, calendar: Calendar
) -> Mapped[BookingProposal]:
    """Propose the booking of a supplier invoice or supplier credit note.

    The bank account is the supplier's. There are no lines at Qonto.
    """
    notes = Notes("booking proposal", document)
    standing = supplier_standing(document, calendar, notes)
    note_unread(document, notes)
    proposal = BookingProposal(
        id=notes.id,
        account_name=None,
        addresses=(),
        bank_account_id=None,
        bank_account_number=None,
        bank_code=None,
        bic=None,
        booking_proposal_date=notes.date("issue_date", document.issue_date),
        booking_type="BILL_CREDIT_NOTE" if document.is_credit_note else "BILL",
        contact_account_number=None,
        contact_id=notes.reference(document.supplier_id),
        contact_name=supplier_name(document),
        created_date=notes.date("created_at", document.created_at),
        currency=notes.currency(None, document.total_amount),
        delivery_date=None,
        discount_payment_date=None,
        discount_payment_date2=None,
        due_date=notes.date("due_date", document.due_date),
        files=_files(document.attachment_id, notes),
        journal_code=None,
        iban=notes.iban(document.iban),
        is_payment_order=None,
        ledger_name=None,
        line_items=(),
        notes=notes.text(document.description),
        number=notes.text(document.invoice_number),
        order_id=None,
        paid_date=notes.date("payment_date", document.payment_date),
        payment_terms_id=None,
        status=status.for_booking(standing.status),
        task_id=None,
        total_gross_amount=notes.amount("total_amount", document.total_amount),
        updated_date=notes.date("updated_at", document.updated_at),
        vat_id=notes.text(document.vat_number),
    )
    return Mapped(proposal, tuple(notes.warnings))


def _lines(items: list[QontoItem] | None, notes: Notes) -> tuple[BookingProposalLine, ...]:
    return tuple(
        _line(item, part_id(notes.id, position), notes)
        for position, item in enumerate(items or (), start=1)
    )


def _line(item: QontoItem, id: str, notes: Notes) -> BookingProposalLine:
    discount, percentage = notes.discount(item.discount)
    return BookingProposalLine(
        id=id,
        account_code=None,
        account_id=None,
        account_name=None,
        account_number=None,
        booking_tax_code=None,
        created_date=None,
        description=notes.text(item.title) or notes.text(item.description),
        dimension1=None,
        dimension2=None,
        discount_amount=discount,
        discount_amount2=None,
        discount_percentage=percentage,
        discount_percentage2=None,
        tax_code=None,
        tax_rate_percentage=notes.percentage("line vat_rate", item.vat_rate),
        total_gross_amount=notes.amount("line total_amount", item.total_amount),
        total_net_amount=notes.amount("line subtotal", item.subtotal),
        type=None,
        updated_date=None,
    )


def _towns(client: Client) -> tuple[BookingProposalAddress, ...]:
    unused = Notes("client", client.id or "")  # only towns are told, so nothing else can be lost
    return tuple(BookingProposalAddress(address.city) for address in addresses_of(client, unused))


def _files(attachment_id: str | None, notes: Notes) -> tuple[str, ...]:
    found = notes.reference(attachment_id)
    return () if found is None else (found,)


def _account_of(document: ClientInvoice) -> PaymentMethod:
    methods = document.payment_methods
    if isinstance(methods, PaymentMethod):
        return methods
    return methods[0] if methods else PaymentMethod()
