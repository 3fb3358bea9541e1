"""Bank accounts, what moved on them, and what was spent by card."""

from connector.resources.filters import day, one_of, text, word
from connector.resources.resource import RecordWrite, Resource
from connector.unified.bank_account import BankAccount
from connector.unified.enums import DebitCredit, TransactionStatus
from connector.unified.expense import Expense
from connector.unified.transaction import Transaction
from connector.writing.requests.bank_account import BankAccountChange, BankAccountRequest

_BANK_ACCOUNT = text("bankAccountId", "Only what moved on this bank account.")

BANK_ACCOUNTS = Resource(
    name="bankAccounts",
    id_name="bankAccountId",
    chosen=lambda readers: readers.bank_accounts,
    model=BankAccount,
    one="a bank account",
    many="the bank accounts",
    writes=(
        RecordWrite(
            action="create",
            summary="Open a bank account",
            request=BankAccountRequest,
            description="It has a name; the bank decides the rest.",
        ),
        RecordWrite(action="update", summary="Rename a bank account", request=BankAccountChange),
    ),
)

TRANSACTIONS = Resource(
    name="transactions",
    id_name="transactionId",
    chosen=lambda readers: readers.transactions,
    model=Transaction,
    one="a transaction",
    many="the transactions of all bank accounts",
    filters=(
        _BANK_ACCOUNT,
        one_of("status", TransactionStatus, "Only transactions that stand so.", "status"),
        one_of("debitCreditIndicator", DebitCredit, "Only money out (DEBIT) or in (CREDIT)."),
        word("operationType", "Only what Qonto calls so: card, income, transfer, ..."),
        day("bookingDateFrom", "Only what was settled on this day (UTC) or later."),
        day("bookingDateTo", "Only what was settled on this day (UTC) or before."),
    ),
    description="Latest settled first. Beyond the contract, which only writes transactions.",
)

EXPENSES = Resource(
    name="expenses",
    id_name="expenseId",
    chosen=lambda readers: readers.expenses,
    model=Expense,
    one="an expense",
    many="the expenses made by card",
    filters=(_BANK_ACCOUNT,),
    description="Latest settled first. A payment that was declined is no expense.",
)
