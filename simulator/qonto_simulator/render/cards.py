"""Cards as the API writes them, with what was spent according to the transactions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qonto_simulator.money import ZERO
from qonto_simulator.records.card import Card
from qonto_simulator.times import today, with_seconds
from qonto_simulator.world import Books

from .common import Document

_BIN = "539190"


def card(one: Card, books: Books, now: datetime) -> Document:
    limits, spending = one.limits, _Spending(one, books, now)
    return {
        "id": one.id,
        "nickname": one.nickname,
        "embossed_name": one.embossed_name if one.is_physical else None,
        "status": one.status,
        "pin_set": one.is_physical,
        "mask_pan": f"{_BIN}******{one.last_digits}",
        "exp_month": str(one.expires[0]),
        "exp_year": str(one.expires[1]),
        "last_activity_at": _instant(one.last_activity_at),
        "last_digits": one.last_digits,
        "ship_to_business": one.is_physical,
        "atm_option": one.is_physical,
        "nfc_option": one.is_physical,
        "online_option": True,
        "foreign_option": True,
        "atm_monthly_limit": limits.atm_monthly,
        "atm_monthly_spent": ZERO,
        "atm_daily_limit": limits.atm_daily,
        "atm_daily_spent": ZERO,
        "atm_daily_limit_option": limits.atm_daily > 0,
        "payment_monthly_limit": limits.payment_monthly,
        "payment_monthly_spent": spending.this_month,
        "payment_daily_limit": limits.payment_daily,
        "payment_daily_spent": spending.today,
        "payment_daily_limit_option": limits.payment_daily > 0,
        "payment_transaction_limit": limits.payment_transaction,
        "payment_transaction_limit_option": limits.payment_transaction > 0,
        "active_days": list(one.active_days),
        "holder_id": one.holder_id,
        "initiator_id": one.initiator_id,
        "bank_account_id": one.bank_account_id,
        "organization_id": books.organisation.id,
        "updated_at": with_seconds(one.updated_at),
        "created_at": with_seconds(one.created_at),
        "shipped_at": _instant(one.shipped_at),
        "card_type": "debit",
        "card_level": one.level,
        "payment_lifespan_limit": limits.lifespan,
        "payment_lifespan_spent": spending.ever,
        "pre_expires_at": _instant(one.pre_expires_at),
        "categories": list(one.categories),
        "renewed": False,
        "renewal": False,
        "parent_card_summary": None,
        "had_operation": spending.ever > 0,
        "had_pin_operation": False,
        "card_design": one.design,
        "type_of_print": "print" if one.is_physical else None,
        "upsold": False,
        "upsell": False,
        "discard_on": one.discard_on.isoformat() if one.discard_on else None,
        "reordered": False,
    }


class _Spending:
    """What a card has paid, or has been allowed to pay, by today's date."""

    def __init__(self, one: Card, books: Books, now: datetime) -> None:
        self.today = self.this_month = self.ever = Decimal("0.00")
        day = today(now)
        for made in books.transactions[one.bank_account_id]:
            if made.card_last_digits != one.last_digits or made.status == "declined":
                continue
            paid = today(made.emitted_at)
            self.ever += made.amount
            if (paid.year, paid.month) == (day.year, day.month):
                self.this_month += made.amount
            if paid == day:
                self.today += made.amount


def _instant(at: datetime | None) -> str | None:
    return with_seconds(at) if at else None
