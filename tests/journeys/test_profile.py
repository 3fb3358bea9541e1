"""Who linked, through the app, for accounts of both target systems and for API keys."""

import pytest

from connector.app.sandbox import Sandbox
from tests.journeys.conftest import fresh

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

PATHS = ("/accounting/profile", "/user/user-info", "/auth/companies", "/auth/environments")


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return "default"


@pytest.fixture
def up(lasting: Sandbox) -> Sandbox:
    return fresh(lasting)


async def test_each_needs_both_keys(up: Sandbox) -> None:
    """Also those below /auth, where other addresses are for the vendor alone."""
    async with up.client() as vendor:
        for path in PATHS:
            answer = await vendor.get(path)
            assert answer.status_code == 401, path
            assert answer.json()["errors"]["code"] == "UNAUTHORIZED_ACCOUNT_KEY"


async def test_the_narrow_default_consent_is_enough_to_know_whose_account_it_is(
    up: Sandbox,
) -> None:
    """Profile, companies and environments are answered; who the person is takes a scope."""
    for target, environment in (("qonto", "production"), ("qonto-sandbox", "sandbox")):
        organization = up.simulators[target].control.organizations()[0]["id"]
        async with up.client(await up.link(target)) as client:
            profile = (await client.get("/accounting/profile")).json()
            assert isinstance(profile["data"], dict)
            assert profile["data"]["id"] == organization
            assert profile["data"]["environment"] == environment
            assert any("organization.read" in one for one in profile["meta"]["warnings"])
            (company,) = (await client.get("/auth/companies")).json()["data"]
            assert company["id"] == organization
            (one,) = (await client.get("/auth/environments")).json()["data"]
            assert one["name"] == environment
            user = await client.get("/user/user-info")
            assert user.status_code == 403
            assert user.json()["errors"]["code"] == "MISSING_SCOPE"
            assert "membership.read" in user.json()["errors"]["message"]


async def test_an_organisations_own_key_tells_its_names(up: Sandbox) -> None:
    simulator = up.simulators["qonto"]
    async with up.client() as vendor:
        body = {"username": simulator.login, "apiKey": simulator.secret}
        linked = await vendor.post("/auth/accounts/qonto", json=body)
    async with up.client(linked.json()["accountKey"]) as client:
        profile = (await client.get("/accounting/profile?rawData=true")).json()
        organization = simulator.world.first.organisation
        assert profile["data"]["legalName"] == organization.legal_name
        assert profile["rawData"]["id"] == organization.id
        (company,) = (await client.get("/auth/companies")).json()["data"]
        assert company["name"] == organization.legal_name
        user = await client.get("/user/user-info")
        assert user.json()["errors"]["code"] == "DOWNSTREAM_FORBIDDEN"


async def test_a_key_that_only_reads_passes_readings_through_and_nothing_else(up: Sandbox) -> None:
    account_key = await up.link("qonto")
    async with up.client() as vendor:
        body = {"name": "Reports", "permissions": ["read"]}
        key = (await vendor.post("/tenants/api-keys", json=body)).json()["data"]["apiKey"]
    async with up.client(account_key) as client:
        client.headers["X-API-KEY"] = key
        for path in ("/accounting/profile", "/auth/companies", "/auth/environments"):
            assert (await client.get(path)).status_code == 200
        call = {"method": "GET", "path": "/v2/clients"}
        assert (await client.post("/accounting/passThrough", json=call)).status_code == 201
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            call = {"method": method, "path": "/v2/clients"}
            refused = await client.post("/accounting/passThrough", json=call)
            assert refused.status_code == 403
            assert refused.json()["errors"]["code"] == "PERMISSION_DENIED"
