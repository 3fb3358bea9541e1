"""A SEPA transfer as a unified payment, and whom it goes to."""

from connector.providers.qonto.documents.transfers import QontoBeneficiary, Transfer
from connector.providers.qonto.mapping.bank_notes import BankNotes
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.beneficiary import Beneficiary
from connector.unified.enums import BeneficiaryStatus, TransferStatus
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment, PaymentLine

TRANSFER_STATUSES: dict[str, TransferStatus] = {
    "pending": "PENDING",
    "processing": "PROCESSING",
    "settled": "SETTLED",
    "completed": "SETTLED",
    "declined": "DECLINED",
    "failed": "DECLINED",
    "canceled": "CANCELED",
}
_BENEFICIARY_STATUSES: dict[str, BeneficiaryStatus] = {
    "pending": "PENDING",
    "validated": "VALIDATED",
    "declined": "DECLINED",
}


def map_transfer(document: Transfer, calendar: Calendar) -> Mapped[Payment]:
    """Say a transfer in the unified model: a payment with one line, to a beneficiary.

    It names no document; one that it paid points to it. `payment_date` is when the money arrived.
    """
    del calendar
    notes = BankNotes("transfer", document)
    status = TRANSFER_STATUSES.get(document.status or "")
    if status is None:
        notes.unknown("status", document.status)
    beneficiary = notes.reference(document.beneficiary_id)
    line = PaymentLine(
        account_id=notes.reference(document.bank_account_id),
        amount=notes.banked("amount", document.amount, document.amount_cents),
        contact_name=None,
        contact_id=beneficiary,
        customer_id=None,
        description=notes.text(document.reference),
        invoice_id=None,
        supplier_id=None,
        payment_date=notes.date("completed_at", document.completed_at),
    )
    payment = Payment(
        id=notes.id,
        currency=notes.listed_currency(document.amount_currency or "EUR"),
        created_date=notes.date("created_at", document.created_at),
        document_type=None,
        exchange_rate=None,
        journal_code=None,
        updated_date=notes.date("updated_at", document.updated_at),
        payment_type="sepa_transfer",
        payment_lines=(line,),
        status=status,
        declined_reason=notes.text(document.declined_reason),
        scheduled_date=notes.date("scheduled_date", document.scheduled_date),
        transfer_ids=(),
    )
    return Mapped(payment, tuple(notes.warnings))


def map_beneficiary(document: QontoBeneficiary, calendar: Calendar) -> Mapped[Beneficiary]:
    """Say a beneficiary in the unified model."""
    del calendar
    notes = Notes("beneficiary", document)
    status = _BENEFICIARY_STATUSES.get(document.status or "")
    if status is None:
        notes.unknown("status", document.status)
    beneficiary = Beneficiary(
        id=notes.id,
        name=notes.text(document.name),
        iban=notes.iban(document.iban),
        bic=notes.text(document.bic),
        status=status,
        trusted=document.trusted,
        email=notes.text(document.email),
        activity_tag=notes.text(document.activity_tag),
        created_date=notes.date("created_at", document.created_at),
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(beneficiary, tuple(notes.warnings))
