"""A card transaction at Qonto as a unified expense."""

from decimal import Decimal

from connector.providers.qonto.documents.bank import QontoTransaction
from connector.providers.qonto.mapping import movement
from connector.providers.qonto.mapping.amounts import negated
from connector.providers.qonto.mapping.bank_notes import BankNotes
from connector.providers.qonto.mapping.calendar import Calendar
from connector.unified.enums import ExpenseType
from connector.unified.expense import Expense, ExpenseDimension, ExpenseLine, ExpenseTaxRate
from connector.unified.mapped import Mapped
from connector.unified.parts import part_id

_TYPES: dict[movement.Side, ExpenseType] = {"debit": "EXPENSE", "credit": "REFUND"}


def is_expense(document: QontoTransaction) -> bool:
    """Tell whether a transaction is one by card that cost something: a declined one didn't."""
    return _is_by_card(document) and document.status != "declined"


def map_expense(document: QontoTransaction, calendar: Calendar) -> Mapped[Expense]:
    """Say a card transaction in the unified model.

    Amounts are negative for a purchase and positive for a refund. `account_id` is the account it
    was paid from. There is one line, which carries the tax rate and, as dimensions, the labels that
    the organisation gave it; their names are known only where Qonto was asked for them. Expenses
    have no status, so one that isn't completed is noted; `is_expense` leaves out declined ones.
    """
    del calendar
    notes = BankNotes("expense", document)
    side = movement.side_of(document, notes)
    amount = movement.amount_of(document, notes)
    rate = movement.vat_rate_of(document, notes)
    gross = _signed(side, amount)
    tax = _signed(side, _vat_of(document, rate, notes))
    net = notes.net(gross, tax)
    currency = notes.listed_currency(document.currency)
    movement.note_conversion(document, notes)
    if document.status != "completed":
        notes.warn(f"it is {(document.status or 'of no status')[:40]!r}, not completed")
    if not _is_by_card(document):
        notes.warn("it was not paid by card")
    created = notes.date("created_at", document.created_at)
    updated = notes.date("updated_at", document.updated_at)
    line = ExpenseLine(
        id=part_id(notes.id, 1),
        account_code=None,
        account_id=None,
        account_number=None,
        created_date=created,
        currency=currency,
        description=notes.text(document.label),
        dimensions=_dimensions_of(document, notes),
        document_number=None,
        exchange_rate=None,
        item_id=None,
        tax_rate=None if rate is None else ExpenseTaxRate(None, None, None, format(rate, "f")),
        total_gross_amount=gross,
        total_net_amount=net,
        updated_date=updated,
    )
    expense = Expense(
        id=notes.id,
        account_code=None,
        account_id=notes.reference(document.bank_account_id),
        account_number=None,
        created_date=created,
        currency=currency,
        customer_id=None,
        description=movement.contact_of(document),
        document_id=None,
        exchange_rate=None,
        expense_lines=(line,),
        files=notes.references(document.attachment_ids),
        journal_code=None,
        ledger_name=None,
        note=notes.text(document.note),
        payment_term_id=None,
        payment_type="CREDIT_CARD" if _is_by_card(document) else None,
        supplier_id=None,
        task_id=None,
        type=None if side is None else _TYPES[side],
        total_gross_amount=gross,
        total_net_amount=net,
        total_tax_amount=tax,
        transaction_date=notes.date("emitted_at", document.emitted_at),
        updated_date=updated,
    )
    return Mapped(expense, tuple(notes.warnings))


def _is_by_card(document: QontoTransaction) -> bool:
    return document.operation_type == "card"


def _signed(side: movement.Side | None, amount: Decimal | None) -> Decimal | None:
    if side is None or amount is None:
        return None
    return negated(amount) if side == "debit" else amount


def _vat_of(document: QontoTransaction, rate: Decimal | None, notes: BankNotes) -> Decimal | None:
    """Read the VAT. Without a rate, a VAT of zero says only that nobody told Qonto."""
    vat = notes.banked("vat_amount", document.vat_amount, document.vat_amount_cents)
    return None if rate is None and vat == 0 else vat


def _dimensions_of(document: QontoTransaction, notes: BankNotes) -> tuple[ExpenseDimension, ...]:
    names = {label.id: label.name for label in document.labels or () if label.id}
    return tuple(
        ExpenseDimension(id=label, category_name=None, code=None, name=names.get(label))
        for label in notes.references(dict.fromkeys([*(document.label_ids or ()), *names]))
    )
