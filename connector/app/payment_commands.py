"""Commands for what vendors may pay with: `tenant payments ...`."""

from typing import Annotated

import typer

from connector.app.options import AsJson, TenantArgument

tenant_payments = typer.Typer(help="What a vendor may pay with.", no_args_is_help=True)

Limit = Annotated[str | None, typer.Option(help="Euros such as 2500.00, or none.")]
FourEyes = Annotated[
    bool | None,
    typer.Option("--four-eyes/--no-four-eyes", help="Another API key confirms each payment."),
]


@tenant_payments.command("enable")
def payments_enable(
    tenant: TenantArgument,
    per_payment: Limit = None,
    per_day: Limit = None,
    per_payee: Limit = None,
    four_eyes: FourEyes = None,
    as_json: AsJson = False,
) -> None:
    """Let a vendor pay from its customers' accounts, within limits, or change those.

    A day begins at midnight in CONNECTOR_TIME_ZONE, Europe/Paris without it.

    Example: qonto-connector tenant payments enable ten_01K9... --per-day 20000 --per-payee 5000
    """
    from connector.app.actions import payment_settings

    payment_settings.enable(
        tenant,
        per_payment=per_payment,
        per_day=per_day,
        per_payee=per_payee,
        four_eyes=four_eyes,
        as_json=as_json,
    )


@tenant_payments.command("disable")
def payments_disable(tenant: TenantArgument, as_json: AsJson = False) -> None:
    """Let a vendor pay no more; what has not left yet never leaves.

    Example: qonto-connector tenant payments disable ten_01K9...
    """
    from connector.app.actions import payment_settings

    payment_settings.disable(tenant, as_json=as_json)


@tenant_payments.command("show")
def payments_show(tenant: TenantArgument, as_json: AsJson = False) -> None:
    """Show whether a vendor may pay, and its limits.

    Example: qonto-connector tenant payments show ten_01K9...
    """
    from connector.app.actions import payment_settings

    payment_settings.show(tenant, as_json=as_json)
