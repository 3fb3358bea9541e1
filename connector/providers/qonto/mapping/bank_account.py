"""A Qonto account as a unified bank account."""

from connector.providers.qonto.documents.bank import QontoBankAccount
from connector.providers.qonto.mapping.bank_notes import BankNotes
from connector.providers.qonto.mapping.calendar import Calendar
from connector.unified.bank_account import BankAccount
from connector.unified.enums import BankAccountStatus
from connector.unified.mapped import Mapped

_STATUS: dict[str, BankAccountStatus] = {"active": "ACTIVE", "closed": "ARCHIVED"}


def map_bank_account(document: QontoBankAccount, calendar: Calendar) -> Mapped[BankAccount]:
    """Say an account in the unified model.

    `balance` is what is booked; what is authorised to go is still in it. `bank_name` is told from
    the BIC, which at Qonto begins with QNTO in every country. An IBAN is passed on even if its
    check digits are wrong, which is noted.
    """
    del calendar
    notes = BankNotes("bank account", document)
    account = BankAccount(
        id=notes.id,
        balance=notes.banked("balance", document.balance, document.balance_cents),
        bank_name="Qonto" if (document.bic or "").upper().startswith("QNTO") else None,
        bic=notes.text(document.bic),
        created_date=notes.date("created_at", document.created_at),
        currency=notes.listed_currency(document.currency),
        description=None,
        file_type=None,
        iban=notes.iban(document.iban),
        name=notes.text(document.name),
        number=notes.text(document.account_number),
        system=None,
        status=_status_of(document, notes),
        type="BANK",
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(account, tuple(notes.warnings))


def _status_of(document: QontoBankAccount, notes: BankNotes) -> BankAccountStatus | None:
    status = _STATUS.get(document.status or "")
    if status is None:
        notes.unknown("status", document.status)
    return status
