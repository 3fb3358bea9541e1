"""Changes and shows what a vendor may pay with."""

from decimal import Decimal

from connector.app.actions.assembled import assembled
from connector.app.terminal import print_rows, run
from oauth.payment_policies import NO_LIMIT, PolicyChange
from storage.repositories.payment_settings import PaymentSettings


def enable(
    tenant: str,
    *,
    per_payment: str | None,
    per_day: str | None,
    per_payee: str | None,
    four_eyes: bool | None,
    as_json: bool,
) -> None:
    """Turn payments on, and print the settings."""
    change = PolicyChange(True, per_payment, per_day, per_payee, four_eyes)
    _print(run(_change(tenant, change)), as_json)


def disable(tenant: str, *, as_json: bool) -> None:
    """Turn payments off, and print the settings."""
    _print(run(_change(tenant, PolicyChange(enabled=False))), as_json)


def show(tenant: str, *, as_json: bool) -> None:
    """Print the settings."""

    async def look() -> PaymentSettings:
        async with assembled() as container:
            return await container.oauth.payment_policies.of(tenant)

    _print(run(look()), as_json)


async def _change(tenant: str, change: PolicyChange) -> PaymentSettings:
    async with assembled() as container:
        return await container.oauth.payment_policies.change(tenant, change)


def _print(settings: PaymentSettings, as_json: bool) -> None:
    row = {
        "tenant": settings.tenant_id,
        "enabled": "yes" if settings.enabled else "no",
        "perPayment": _euros(settings.per_payment_cents),
        "perDay": _euros(settings.per_day_cents),
        "perPayee": _euros(settings.per_payee_cents),
        "fourEyes": "yes" if settings.four_eyes else "no",
    }
    print_rows([row], as_json)


def _euros(cents: int | None) -> str:
    return NO_LIMIT if cents is None else f"{Decimal(cents).scaleb(-2):f}"
