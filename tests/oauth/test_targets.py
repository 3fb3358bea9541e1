"""The link's first step with the target systems that are shipped."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from connector.providers.qonto.provider import qonto, qonto_sandbox
from connector.transport.client import ProviderHttp
from oauth.errors import UnknownTarget
from oauth.requests import LinkRequest
from oauth.settings import OAuthSettings
from storage.errors import Invalid
from storage.repositories.tenants import Tenant
from tests.oauth.conftest import CALLBACK, Floor, query_of

MAESN = (
    "offline_access organization.read attachment.write supplier_invoice.read "
    "supplier_invoice.write client_invoices.read client_invoice.write client.read client.write "
    "webhook"
)
DEFAULT = (
    "offline_access webhook client_invoices.read supplier_invoice.read attachment.read client.read"
)


@pytest.fixture
async def tenant(floor: Floor, http: ProviderHttp) -> Tenant:
    targets = {system.target: system for system in (qonto(http), qonto_sandbox(http))}
    settings = OAuthSettings(public_url="https://connect.example", scopes={"qonto": "maesn"})
    floor.tenants = replace(floor.tenants, targets=targets)
    floor.links = replace(floor.links, targets=targets, settings=settings)
    made = (await floor.tenants.create("Vendor")).tenant
    await floor.tenants.add_callback_urls(made, CALLBACK)
    await floor.tenants.register_system(made, "qonto", "production", "secret", {})
    await floor.tenants.register_system(
        made, "qonto-sandbox", "sandbox", "secret", {"stagingToken": "token"}
    )
    return await floor.tenants.get(made.id)


@pytest.mark.covers("MAE-01", "MAE-02", "MAE-07", "MAE-08", "MAE-09")
@pytest.mark.parametrize(
    ("target", "host", "client_id", "scopes"),
    [
        ("qonto", "oauth.qonto.com", "production", MAESN),
        ("qonto-sandbox", "oauth-sandbox.staging.qonto.co", "sandbox", DEFAULT),
    ],
)
async def test_each_target_has_its_own_host_credentials_and_redirect_uri(
    floor: Floor, tenant: Tenant, target: str, host: str, client_id: str, scopes: str
) -> None:
    url = (await floor.links.start(tenant, target, LinkRequest())).url
    asked = query_of(url)
    assert (urlsplit(url).scheme, urlsplit(url).netloc) == ("https", host)
    assert asked["client_id"] == client_id
    assert asked["redirect_uri"] == f"https://connect.example/auth/callback/{target}"
    assert asked["scope"] == scopes
    with pytest.raises(UnknownTarget):
        await floor.links.start(tenant, "quonto", LinkRequest())


async def test_the_sandbox_cannot_be_registered_without_its_staging_token(
    floor: Floor, tenant: Tenant
) -> None:
    with pytest.raises(Invalid) as caught:
        await floor.tenants.register_system(tenant, "qonto-sandbox", "sandbox", "secret", {})
    assert [field.field for field in caught.value.fields] == ["customValues.stagingToken"]
