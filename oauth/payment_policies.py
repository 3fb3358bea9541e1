"""What a vendor may pay with: off until the operator turns it on, within limits."""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from oauth.audit import OPERATOR, entry
from storage.clock import Clock, system_clock
from storage.errors import FieldError, Invalid, NotFound
from storage.repositories.payment_settings import PaymentSettings
from storage.unit_of_work import UnitOfWork

NO_LIMIT = "none"
_MOST = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What changes of a vendor's settings; None leaves it. Limits are euros, or `none`."""

    enabled: bool | None = None
    per_payment: str | None = None
    per_day: str | None = None
    per_payee: str | None = None
    four_eyes: bool | None = None


@dataclass(frozen=True)
class PaymentPolicies:
    """The settings of all vendors. `by` is who acts, for the audit trail."""

    work: UnitOfWork
    clock: Clock = system_clock

    async def of(self, tenant_id: str) -> PaymentSettings:
        """Return a vendor's settings. Raises NotFound."""
        async with self.work.reading() as tx:
            found = await tx.payment_settings.get(tenant_id)
            if found is None and await tx.tenants.get(tenant_id) is None:
                raise NotFound("there is no such tenant")
        return found or PaymentSettings(tenant_id, self.clock())

    async def change(
        self, tenant_id: str, change: PolicyChange, *, by: str = OPERATOR
    ) -> PaymentSettings:
        """Change a vendor's settings and return them. Raises Invalid and NotFound."""
        limits = _limits(change)
        at = self.clock()
        async with self.work.writing() as tx:
            if await tx.tenants.get(tenant_id, lock=True) is None:
                raise NotFound("there is no such tenant")
            before = await tx.payment_settings.get(tenant_id) or PaymentSettings(tenant_id, at)
            after = replace(before, updated_at=at, **limits)
            if change.enabled is not None:
                after = replace(after, enabled=change.enabled)
            if change.four_eyes is not None:
                after = replace(after, four_eyes=change.four_eyes)
            await tx.payment_settings.put(after)
            await tx.audit.add(
                entry(
                    _action(before, after),
                    by=by,
                    at=at,
                    tenant_id=tenant_id,
                    four_eyes="yes" if after.four_eyes else "no",
                )
            )
        return after


def _action(before: PaymentSettings, after: PaymentSettings) -> str:
    if before.enabled == after.enabled:
        return "payments.changed"
    return "payments.enabled" if after.enabled else "payments.disabled"


def _limits(change: PolicyChange) -> dict[str, int | None]:
    wrong: list[FieldError] = []
    limits: dict[str, int | None] = {}
    for name, text in (
        ("per_payment", change.per_payment),
        ("per_day", change.per_day),
        ("per_payee", change.per_payee),
    ):
        if text is None:
            continue
        try:
            limits[f"{name}_cents"] = None if text == NO_LIMIT else _cents(text)
        except ValueError:
            wrong.append(
                FieldError(
                    name.replace("_", "-"),
                    "INVALID",
                    f"A limit is an amount of euros such as 2500.00, or {NO_LIMIT}.",
                )
            )
    if wrong:
        raise Invalid("Limits are amounts of euros such as 2500.00, or none.", wrong)
    return limits


def _cents(text: str) -> int:
    """Read euros into cents. Raises ValueError."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not amount.is_finite() or not 0 <= amount < _MOST:
        raise ValueError(text)
    cents = amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise ValueError(text)
    return int(cents)
