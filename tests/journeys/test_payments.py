"""A payment from the vendor's request to the money's arrival, over real loopback HTTP."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.payer import SCOPES, Payer, payer
from tests.webhooks.relay import until

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return SCOPES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def paying(lasting: Sandbox) -> AsyncIterator[Payer]:
    async with payer(lasting) as it:
        yield it


async def test_a_trusted_beneficiary_is_paid_at_once(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True)
    done = await paying.pay(payee, description="pay trusted")
    assert done.status == 201, done
    assert done.data["status"] == "PENDING"


async def test_the_owner_approves_and_it_is_paid_once(paying: Payer) -> None:
    payee = paying.beneficiary()
    done = await paying.pay(payee, description="pay approved")
    assert done.status == 202, done
    assert done.data["status"] == "AWAITING_APPROVAL"
    session = paying.sessions()[-1]
    paying.control.decide_sca(session["token"])

    async def is_done() -> bool:
        return (await paying.task(done.data["taskId"]))["status"] == "SUCCESS"

    await until(is_done)
    assert [one.reference for one in paying.transfers()].count("pay approved") == 1
