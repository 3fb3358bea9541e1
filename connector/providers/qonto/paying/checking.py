"""What is to be paid, held against Qonto's rules and the organisation's own records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from connector.errors import DocumentNotFound, MissingScope
from connector.paying.order import CheckedOrder, Payee, PaymentOrder
from connector.providers.qonto.client import (
    BENEFICIARIES,
    SUPPLIER_INVOICES,
    TRANSFERS,
    QontoClient,
)
from connector.providers.qonto.documents.bank import accounts_of
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.transfers import QontoBeneficiary
from connector.providers.qonto.mapping.amounts import read_decimal
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.iban import is_iban, normalized
from connector.providers.qonto.paying.instant import DAY, is_instant
from connector.providers.qonto.session.lists import is_id
from connector.writing.problems import Problems, read_day
from storage.clock import Clock, iso_millis

MOST_WITHOUT_FILE = Decimal(30_000)
"""Up to this a transfer goes without an attachment."""

_LONGEST_REFERENCE, _LONGEST_NOTE, _MOST_FILES = 140, 1_000, 50
_MOST = Decimal(1_000_000_000)
_MOST_PAGES = 5


class _AccountFlags(msgspec.Struct, frozen=True):
    main: bool = False
    is_external_account: bool = False


@dataclass(frozen=True)
class TransferChecks:
    """Reads what a transfer depends on, and says everything that is wrong with it."""

    client: QontoClient
    clock: Clock

    async def check(self, account_id: str, order: PaymentOrder, today: date) -> CheckedOrder:
        """Return an order that may be sent. Raises Invalid."""
        problems = Problems(frozenset(order.confirmed))
        _check_words(order, problems)
        day = _day(order, today, problems)
        bank_account = await self._bank_account(account_id, order, problems)
        payee = await self._payee(account_id, order, problems)
        warnings = await self._bill(account_id, order, payee, problems)
        problems.check()
        assert payee is not None
        assert bank_account is not None
        before = await self._before(account_id, payee)
        soon = is_instant(order.amount, before, trusted=payee.is_trusted, now=self.clock())
        return CheckedOrder(order, payee, bank_account, day.isoformat(), soon, warnings)

    async def _bank_account(
        self, account_id: str, order: PaymentOrder, problems: Problems
    ) -> str | None:
        """Return the account that is paid from: the one that was asked for, or the main one."""
        organization = await self.client.organization(account_id)
        usable: list[tuple[str, bool]] = []
        for one in accounts_of(organization):
            found = one.document
            if found is None or not found.id:
                continue
            flags = _flags(one.raw)
            is_open = found.status == "active" and not flags.is_external_account
            if is_open and found.currency == "EUR":
                usable.append((found.id, flags.main))
        asked = order.bank_account_id
        if asked is None:
            main = [id for id, is_main in usable if is_main]
            if len(main) == 1:
                return main[0]
            problems.add("accountId", "REQUIRED", "Say which bank account is to pay.")
            return None
        if asked in [id for id, _ in usable]:
            return asked
        problems.add(
            "accountId",
            "NOT_ONES_OWN",
            "This is no open euro account of the organisation at Qonto.",
            "GET /accounting/bankAccounts lists them.",
        )
        return None

    async def _payee(
        self, account_id: str, order: PaymentOrder, problems: Problems
    ) -> Payee | None:
        """Return whom Qonto knows as the beneficiary that was named."""
        field = "beneficiaryId" if order.beneficiary_id is not None else "iban"
        found = await self._beneficiary(account_id, order, problems)
        if found is None:
            return None
        if found.status != "validated":
            problems.add(
                field,
                "BENEFICIARY_NOT_VALIDATED",
                f"Qonto has not validated this beneficiary: it is {found.status or 'unknown'}.",
                "A declined one can't be paid; Qonto reviews a new one within minutes.",
            )
        name = (found.name or "").strip()
        if order.payee_name is not None and not _is_same_name(order.payee_name, name):
            problems.add(
                "contactName",
                "NAME_DIFFERS",
                "The beneficiary has another name at Qonto.",
                "Leave the name out, or change the beneficiary at PATCH /accounting/beneficiaries.",
            )
        return Payee(found.id or "", name, normalized(found.iban or ""), found.trusted is True)

    async def _beneficiary(
        self, account_id: str, order: PaymentOrder, problems: Problems
    ) -> QontoBeneficiary | None:
        if (order.beneficiary_id is None) == (order.iban is None):
            problems.add(
                "beneficiaryId", "REQUIRED", "Say who is paid: either beneficiaryId or iban."
            )
            return None
        if order.beneficiary_id is not None:
            try:
                if is_id(order.beneficiary_id):
                    return (await self.client.one(account_id, BENEFICIARIES, order.beneficiary_id))[
                        0
                    ]
            except DocumentNotFound:
                pass
            problems.add(
                "beneficiaryId",
                "NOT_FOUND",
                "Qonto knows no beneficiary of that id in this account.",
                "GET /accounting/beneficiaries lists them.",
            )
            return None
        iban = normalized(order.iban or "")
        if not is_iban(iban):
            problems.add("iban", "NOT_AN_IBAN", "This is not a valid IBAN.")
            return None
        page = await self.client.page(account_id, BENEFICIARIES, 1, 25, (("iban[]", iban),))
        for one in page.records:
            if one.document is not None and normalized(one.document.iban or "") == iban:
                return one.document
        problems.add(
            "iban",
            "NOT_A_BENEFICIARY",
            "The organisation has no beneficiary with this account number.",
            "Make one at POST /accounting/beneficiaries.",
        )
        return None

    async def _bill(
        self, account_id: str, order: PaymentOrder, payee: Payee | None, problems: Problems
    ) -> tuple[str, ...]:
        """Hold a payment against the bill that it is for."""
        if order.invoice_id is None:
            return ()
        bill: SupplierInvoice | None = None
        try:
            if is_id(order.invoice_id):
                bill = (await self.client.one(account_id, SUPPLIER_INVOICES, order.invoice_id))[0]
        except DocumentNotFound:
            pass
        except MissingScope:
            return ("invoiceId was not looked at: the consent doesn't cover bills.",)
        if bill is None:
            problems.add("invoiceId", "NOT_FOUND", "Qonto knows no bill of that id.")
            return ()
        if bill.status == "paid":
            problems.doubt("invoiceId", "ALREADY_PAID", "The bill is paid already.")
        named = normalized(bill.iban or "")
        if payee is not None and named and named != payee.iban:
            problems.doubt(
                "invoiceId", "OTHER_IBAN", "The bill names another account than the beneficiary's."
            )
        return ()

    async def _before(self, account_id: str, payee: Payee) -> Sequence[tuple[datetime, Decimal]]:
        """List what went to a payee within a day."""
        found: list[tuple[datetime, Decimal]] = []
        asked = (
            ("beneficiary_ids[]", payee.id),
            ("updated_at_from", iso_millis(self.clock() - DAY)),
        )
        for number in range(1, _MOST_PAGES + 1):
            page = await self.client.page(account_id, TRANSFERS, number, 100, asked)
            for one in page.records:
                if one.document is None or one.document.status in ("declined", "canceled"):
                    continue
                moment = read_instant(one.document.processed_at or one.document.created_at)
                amount = read_decimal(one.document.amount)
                if moment is not None and amount is not None:
                    found.append((moment, amount))
            if page.meta.next_page is None:
                break
        return found


def _check_words(order: PaymentOrder, problems: Problems) -> None:
    amount = order.amount
    exponent = amount.as_tuple().exponent
    if not amount.is_finite() or not isinstance(exponent, int):
        problems.add("amount", "INVALID", "The amount is a number of euros.")
    elif not 0 < amount < _MOST or amount != amount.quantize(Decimal("0.01")):
        problems.add("amount", "INVALID", "The amount is above zero, with two decimals at most.")
    reference = order.reference.strip()
    if not reference:
        problems.add("description", "REQUIRED", "A transfer has a reference: say what it is for.")
    elif len(reference) > _LONGEST_REFERENCE:
        problems.add("description", "TOO_LONG", f"It has {_LONGEST_REFERENCE} signs at most.")
    if len(order.note or "") > _LONGEST_NOTE:
        problems.add("note", "TOO_LONG", f"A note has {_LONGEST_NOTE} signs at most.")
    if amount.is_finite() and amount > MOST_WITHOUT_FILE and not order.file_ids:
        problems.add(
            "fileIds",
            "ATTACHMENT_REQUIRED",
            "Qonto takes no transfer above 30,000.00 EUR without an attachment.",
            "Upload one at POST /accounting/files, and send its id.",
        )
    if len(order.file_ids) > _MOST_FILES:
        problems.add("fileIds", "TOO_MANY", f"A transfer has {_MOST_FILES} files at most.")
    for place, file_id in enumerate(order.file_ids):
        if not is_id(file_id):
            problems.add(f"fileIds.{place}", "NOT_FOUND", "This is no id of a file at Qonto.")


def _day(order: PaymentOrder, today: date, problems: Problems) -> date:
    day = read_day(order.day, "paymentDate", problems)
    if day is not None and day < today:
        problems.add("paymentDate", "IN_THE_PAST", "The day of a payment lies in the past.")
    return day or today


def _is_same_name(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _flags(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw, type=_AccountFlags)
    except msgspec.MsgspecError:
        return _AccountFlags()
