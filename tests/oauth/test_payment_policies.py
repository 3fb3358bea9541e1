"""What a vendor may pay with: off at first, changed by the operator, in exact euros."""

import pytest

from oauth.payment_policies import PaymentPolicies, PolicyChange
from storage.errors import Invalid, NotFound
from storage.ids import new_id
from storage.repositories.payment_settings import PaymentSettings
from storage.repositories.tenants import Tenant
from storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.both_databases


@pytest.fixture
def policies(work: UnitOfWork) -> PaymentPolicies:
    return PaymentPolicies(work)


@pytest.fixture
async def tenant(work: UnitOfWork, policies: PaymentPolicies) -> str:
    at = policies.clock()
    made = Tenant(new_id("ten", at), "Books", at)
    async with work.writing() as tx:
        await tx.tenants.add(made)
    return made.id


async def test_a_new_vendor_may_pay_nothing(policies: PaymentPolicies, tenant: str) -> None:
    found = await policies.of(tenant)
    assert (found.enabled, found.per_day_cents, found.four_eyes) == (False, None, False)


async def test_each_change_leaves_the_rest(policies: PaymentPolicies, tenant: str) -> None:
    await policies.change(tenant, PolicyChange(enabled=True, per_payment="0.01", per_day="20000"))
    await policies.change(tenant, PolicyChange(per_payee="1999.5", four_eyes=True))
    found = await policies.change(tenant, PolicyChange(per_day="none"))
    assert found == await policies.of(tenant)
    assert found == PaymentSettings(
        tenant_id=tenant,
        updated_at=found.updated_at,
        enabled=True,
        per_payment_cents=1,
        per_day_cents=None,
        per_payee_cents=199_950,
        four_eyes=True,
    )


@pytest.mark.parametrize("text", ["", "much", "-1", "0.001", "NaN", "Infinity", "1e12"])
async def test_a_limit_is_an_amount(policies: PaymentPolicies, tenant: str, text: str) -> None:
    with pytest.raises(Invalid) as told:
        await policies.change(tenant, PolicyChange(per_day=text, per_payee=text))
    assert [one.field for one in told.value.fields] == ["per-day", "per-payee"]
    assert (await policies.of(tenant)).per_day_cents is None


async def test_changes_are_in_the_audit_trail(
    work: UnitOfWork, policies: PaymentPolicies, tenant: str
) -> None:
    for change in (
        PolicyChange(enabled=True),
        PolicyChange(per_day="1"),
        PolicyChange(enabled=False),
    ):
        await policies.change(tenant, change, by="operator")
    async with work.reading() as tx:
        entries = await tx.audit.list(tenant_id=tenant)
    assert [one.action for one in entries] == [
        "payments.enabled",
        "payments.changed",
        "payments.disabled",
    ]


async def test_a_vendor_that_is_not_there(policies: PaymentPolicies) -> None:
    with pytest.raises(NotFound):
        await policies.of("ten_nobody")
    with pytest.raises(NotFound):
        await policies.change("ten_nobody", PolicyChange(enabled=True))
