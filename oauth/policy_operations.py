"""GET /tenants/get-payment-settings: what a vendor may pay with."""

from decimal import Decimal
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope
from connector.api.meaning import meaning
from connector.api.operation import Permission, operation
from oauth.admitted import tenant_of
from oauth.answering import answer_vendor
from oauth.payment_policies import PaymentPolicies


class PaymentPolicy(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "What you may pay with. The operator of this service changes it."

    enabled: Annotated[bool, meaning("Whether you may pay at all.")]
    per_payment: Annotated[
        Decimal | None, meaning("The most that one payment may come to, in EUR; null for any.")
    ]
    per_day: Annotated[
        Decimal | None,
        meaning("The most that all your payments of a day may come to, in EUR; null for any."),
    ]
    per_payee: Annotated[
        Decimal | None,
        meaning("The most that those of a day to one payee may come to, in EUR; null for any."),
    ]
    four_eyes: Annotated[bool, meaning("Whether another API key has to confirm each payment.")]


@operation(
    "GET",
    "/tenants/get-payment-settings",
    "Show what you may pay with",
    name="getPaymentSettings",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[PaymentPolicy, BriefMeta],
    description="Whether payments are on, their limits, and whether they take two keys",
    tag="tenants",
)
async def show_payment_settings(policies: PaymentPolicies, request: Request) -> Response:
    """Return a vendor's settings."""
    found = await policies.of(tenant_of(request).id)
    return answer_vendor(
        request,
        PaymentPolicy(
            enabled=found.enabled,
            per_payment=_euros(found.per_payment_cents),
            per_day=_euros(found.per_day_cents),
            per_payee=_euros(found.per_payee_cents),
            four_eyes=found.four_eyes,
        ),
    )


POLICY_OPERATIONS = (show_payment_settings,)


def _euros(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)
