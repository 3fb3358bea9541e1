"""What was spent without an invoice, such as by card."""

from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.enums import ExpensePaymentType, ExpenseType


class ExpenseDimension(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A cost centre, project or other dimension a line is booked to."""

    id: fields.Id
    category_name: fields.CategoryName
    code: Annotated[str | None, meaning("The dimension's code.")]
    name: Annotated[str | None, meaning("The dimension's name.")]


class ExpenseTaxRate(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """The tax on a line. The contract has its percentage as text."""

    id: Annotated[str | None, meaning("The id of the tax; null where it has none.")]
    code: Annotated[str | None, meaning("The code of the tax.")]
    name: Annotated[str | None, meaning("The name of the tax.")]
    tax_rate_percentage: Annotated[str | None, meaning("The rate of tax, in percent, as text.")]


class ExpenseLine(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """One line of an expense, signed like the expense."""

    id: fields.LineId
    account_code: fields.AccountCode
    account_id: fields.AccountId
    account_number: fields.AccountNumber
    created_date: fields.CreatedDate
    currency: fields.Currency
    description: fields.Description
    dimensions: Annotated[
        tuple[ExpenseDimension, ...], meaning("What the line is booked to besides its account.")
    ]
    document_number: Annotated[str | None, meaning("The number of the document behind the line.")]
    exchange_rate: fields.ExchangeRate
    item_id: fields.ItemId
    tax_rate: Annotated[ExpenseTaxRate | None, meaning("The tax on the line.")]
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    updated_date: fields.UpdatedDate


class Expense(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """An expense. Its amounts are negative for a purchase and positive for a refund."""

    id: fields.Id
    account_code: fields.AccountCode
    account_id: fields.AccountId
    account_number: fields.AccountNumber
    created_date: fields.CreatedDate
    currency: fields.Currency
    customer_id: fields.CustomerId
    description: fields.Description
    document_id: fields.DocumentId
    exchange_rate: Annotated[
        str | None, meaning("What one unit of its currency is worth in that of the books, as text.")
    ]
    expense_lines: Annotated[tuple[ExpenseLine, ...], meaning("The lines of the expense.")]
    files: fields.FileIds
    journal_code: fields.JournalCode
    ledger_name: fields.LedgerName
    note: Annotated[str | None, meaning("What is noted about it.")]
    payment_term_id: fields.PaymentTermId
    payment_type: Annotated[ExpensePaymentType | None, meaning("How it was paid.")]
    supplier_id: fields.SupplierId
    task_id: fields.TaskId
    type: Annotated[ExpenseType | None, meaning("Whether money was spent or came back.")]
    total_gross_amount: fields.TotalGrossAmount
    total_net_amount: fields.TotalNetAmount
    total_tax_amount: fields.TotalTaxAmount
    transaction_date: Annotated[Moment | None, meaning("When it was paid.")]
    updated_date: fields.UpdatedDate
