"""What a vendor may pay: whether at all, and how much. Pure.

Amounts are whole cents. A payment counts on the day on which it was asked for, whenever it is to be
executed, until it is certain that no money moves.
"""

from decimal import Decimal

from storage.errors import FieldError
from storage.repositories.payment_orders import Spent
from storage.repositories.payment_settings import PaymentSettings

AMOUNT = "amount"

NOTHING = Spent(0, 0)


def cents_of(amount: Decimal) -> int:
    """Return an amount of euros in cents; it has two decimals at most."""
    return int(amount.scaleb(2))


def euros(cents: int) -> Decimal:
    """Return an amount of cents in euros."""
    return Decimal(cents).scaleb(-2)


def above_limits(settings: PaymentSettings, cents: int, spent: Spent) -> list[FieldError]:
    """List the limits that a payment would exceed, after what was spent on its day.

    A limit is part of what may be paid.
    """
    exceeded: list[FieldError] = []
    for code, limit, total, what in (
        ("ABOVE_PAYMENT_LIMIT", settings.per_payment_cents, cents, "one payment"),
        ("ABOVE_DAY_LIMIT", settings.per_day_cents, spent.in_all + cents, "the payments of a day"),
        (
            "ABOVE_PAYEE_LIMIT",
            settings.per_payee_cents,
            spent.to_payee + cents,
            "the payments of a day to one payee",
        ),
    ):
        if limit is not None and total > limit:
            exceeded.append(
                FieldError(
                    AMOUNT,
                    code,
                    f"It would bring {what} to {euros(total):f} EUR; {euros(limit):f} are allowed.",
                    "The limit is the vendor's own; the operator of this service can change it.",
                )
            )
    return exceeded
