"""Payments, bank accounts, transactions, expenses and users."""

from connector.routes.parameters import day, one_of, text
from connector.routes.resource import Resource
from connector.unified.bank_account import BankAccount
from connector.unified.enums import DebitCredit, TransactionStatus
from connector.unified.expense import Expense
from connector.unified.payment import Payment
from connector.unified.transaction import Transaction
from connector.unified.user import User

_BANK_ACCOUNT = text("bankAccountId", "Only what moved on this bank account.")

PAYMENTS = Resource(
    "/accounting/payments",
    "paymentId",
    chosen=lambda readers: readers.payments,
    model=Payment,
    one="what was paid on a document",
    many="what was paid on invoices and bills",
    filters=(text("invoiceId", "Only what was paid on this invoice or bill."),),
    description=(
        "One for each invoice or bill on which something was paid, under that document's id; "
        "movements of money are transactions."
    ),
)

BANK_ACCOUNTS = Resource(
    "/accounting/bankAccounts",
    "bankAccountId",
    chosen=lambda readers: readers.bank_accounts,
    model=BankAccount,
    one="a bank account",
    many="the bank accounts",
)

TRANSACTIONS = Resource(
    "/accounting/transactions",
    "transactionId",
    chosen=lambda readers: readers.transactions,
    model=Transaction,
    one="a transaction",
    many="the transactions of all bank accounts",
    filters=(
        _BANK_ACCOUNT,
        one_of("status", TransactionStatus, "Only transactions that stand so.", "status"),
        one_of("debitCreditIndicator", DebitCredit, "Only money out (DEBIT) or in (CREDIT)."),
        day("bookingDateFrom", "Only what was settled on this day (UTC) or later."),
        day("bookingDateTo", "Only what was settled on this day (UTC) or before."),
    ),
    description="Latest settled first. Beyond the contract, which only writes transactions.",
)

EXPENSES = Resource(
    "/accounting/expenses",
    "expenseId",
    chosen=lambda readers: readers.expenses,
    model=Expense,
    one="an expense",
    many="the expenses made by card",
    filters=(_BANK_ACCOUNT,),
    description="Latest settled first. A payment that was declined is no expense.",
)

USERS = Resource(
    "/accounting/users",
    "userId",
    chosen=lambda readers: readers.users,
    model=User,
    one="a member of the organisation",
    many="the members of the organisation",
    description="Beyond the contract.",
)
