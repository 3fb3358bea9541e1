"""A movement on a Qonto account as a unified transaction."""

from connector.providers.qonto.documents.bank import QontoTransaction
from connector.providers.qonto.mapping import movement
from connector.providers.qonto.mapping.bank_notes import BankNotes
from connector.providers.qonto.mapping.calendar import Calendar
from connector.unified.mapped import Mapped
from connector.unified.transaction import Transaction


def map_transaction(
    document: QontoTransaction, calendar: Calendar, *, own_ibans: frozenset[str] = frozenset()
) -> Mapped[Transaction]:
    """Say a movement in the unified model; `own_ibans` are those of the organisation's accounts.

    `booking_date` is when it was settled, so it is null before. Qonto has no value date:
    `value_date` is when the movement was made, which pending and declined ones have too.
    `description` is the note that somebody wrote on it, else the label on the statement. The
    amount is in the account's currency.
    """
    del calendar
    notes = BankNotes("transaction", document)
    movement.note_conversion(document, notes)
    transaction = Transaction(
        id=notes.id,
        account_id=notes.reference(document.bank_account_id),
        account_number=None,
        amount=movement.amount_of(document, notes),
        booking_date=notes.date("settled_at", document.settled_at),
        card_last_digits=notes.text(document.card_last_digits),
        contact=movement.contact_of(document),
        currency=notes.listed_currency(document.currency),
        description=notes.text(document.note) or notes.text(document.label),
        files=notes.references(document.attachment_ids),
        journal_code=None,
        ledger_name=None,
        reference=notes.text(document.reference),
        status=movement.status_of(document, notes),
        task_id=None,
        tax_rate_percentage=movement.vat_rate_of(document, notes),
        type=movement.type_of(document, own_ibans, notes),
        value_date=notes.date("emitted_at", document.emitted_at),
    )
    return Mapped(transaction, tuple(notes.warnings))
