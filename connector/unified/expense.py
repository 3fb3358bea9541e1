"""What was spent without an invoice, such as by card."""

from decimal import Decimal

import msgspec

from connector.unified.enums import ExpensePaymentType, ExpenseType


class ExpenseDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A cost centre, project or other dimension a line is booked to."""

    id: str | None
    category_name: str | None
    code: str | None
    name: str | None


class ExpenseTaxRate(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The tax on a line. The contract has its percentage as text."""

    id: str | None
    code: str | None
    name: str | None
    tax_rate_percentage: str | None


class ExpenseLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One line of an expense, signed like the expense."""

    id: str | None
    account_code: str | None
    account_id: str | None
    account_number: int | None
    created_date: str | None
    currency: str | None
    description: str | None
    dimensions: tuple[ExpenseDimension, ...]
    document_number: str | None
    exchange_rate: Decimal | None
    item_id: str | None
    tax_rate: ExpenseTaxRate | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    updated_date: str | None


class Expense(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An expense. Its amounts are negative for a purchase and positive for a refund."""

    id: str | None
    account_code: str | None
    account_id: str | None
    account_number: int | None
    created_date: str | None
    currency: str | None
    customer_id: str | None
    description: str | None
    document_id: str | None
    exchange_rate: str | None
    expense_lines: tuple[ExpenseLine, ...]
    files: tuple[str, ...]
    journal_code: str | None
    ledger_name: str | None
    note: str | None
    payment_term_id: str | None
    payment_type: ExpensePaymentType | None
    supplier_id: str | None
    task_id: str | None
    type: ExpenseType | None
    total_gross_amount: Decimal | None
    total_net_amount: Decimal | None
    total_tax_amount: Decimal | None
    transaction_date: str | None
    updated_date: str | None
