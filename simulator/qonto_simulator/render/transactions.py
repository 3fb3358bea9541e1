"""Transactions as the API writes them: amounts are JSON numbers with cents twins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from qonto_simulator.money import cents
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.times import with_millis

from .common import Document


@dataclass(frozen=True, slots=True)
class Subject:
    """What a transaction was made by: its type, and the key of the object that tells of it."""

    type: str
    key: str
    tells: Callable[[Transaction], Document] | None = None


def _counterparty(one: Transaction) -> Document:
    return {
        "counterparty_account_number": one.counterparty_iban,
        "counterparty_account_number_format": "IBAN" if one.counterparty_iban else None,
        "counterparty_bank_identifier": one.counterparty_bic,
        "counterparty_bank_identifier_format": "BIC" if one.counterparty_bic else None,
    }


def _details(*names: str) -> Callable[[Transaction], Document]:
    return lambda one: {name: one.details.get(name) for name in names}


SUBJECTS: Final[Mapping[str, Subject]] = {
    "transfer": Subject("Transfer", "transfer", _counterparty),
    "card": Subject("Card", "card"),
    "income": Subject("Income", "income", _counterparty),
    "direct_debit": Subject("DirectDebit", "direct_debit", _counterparty),
    "direct_debit_collection": Subject(
        "DirectDebitCollection", "direct_debit_collection", _counterparty
    ),
    "direct_debit_hold": Subject("DirectDebitHold", "direct_debit_hold", _details("guarding_rate")),
    "qonto_fee": Subject("Billing", "billing"),
    "cheque": Subject("Check", "check", _details("check_number", "check_key")),
    "swift_income": Subject("SwiftIncome", "swift_income", _counterparty),
    "recall": Subject("Income", "income", _counterparty),
    "pagopa_payment": Subject(
        "PagopaPayment",
        "pagopa_payment",
        _details("notice_number", "creditor_fiscal_code", "iuv"),
    ),
    "financing_installment": Subject(
        "FinancingInstallment",
        "financing_installment",
        _details("total_installments_number", "current_installment_number"),
    ),
}
"""By type of operation."""


def transaction_document(one: Transaction) -> Document:
    """Without the parts that ``includes[]`` asks for."""
    subject = SUBJECTS[one.operation_type]
    document: Document = {
        "id": one.id,
        "transaction_id": one.slug,
        "amount": one.amount,
        "amount_cents": cents(one.amount),
        "settled_balance": one.settled_balance,
        "settled_balance_cents": _cents(one.settled_balance),
        "attachment_ids": list(one.attachment_ids),
        "local_amount": one.local_amount,
        "local_amount_cents": _cents(one.local_amount),
        "side": one.side,
        "operation_type": one.operation_type,
        "currency": one.currency,
        "local_currency": one.local_currency,
        "label": one.label,
        "clean_counterparty_name": one.counterparty,
        "settled_at": with_millis(one.settled_at) if one.settled_at else None,
        "emitted_at": with_millis(one.emitted_at),
        "created_at": with_millis(one.created_at),
        "updated_at": with_millis(one.updated_at),
        "status": one.status,
        "note": one.note,
        "reference": one.reference,
        "vat_amount": one.vat_amount,
        "vat_amount_cents": _cents(one.vat_amount),
        "vat_rate": one.vat_rate if one.vat_rate is None else one.vat_rate * 100,
        "initiator_id": one.initiator_id,
        "label_ids": list(one.label_ids),
        "attachment_lost": False,
        "attachment_required": one.attachment_required,
        "card_last_digits": one.card_last_digits,
        "category": one.category,
        "cashflow_category": {"name": "Outflows" if one.side == "debit" else "Inflows"},
        "cashflow_subcategory": {"name": one.category},
        "subject_type": subject.type,
        "bank_account_id": one.bank_account_id,
        "is_external_transaction": False,
        "logo": None,
    }
    if subject.tells is not None:
        document[subject.key] = subject.tells(one)
    return document


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else cents(amount)
