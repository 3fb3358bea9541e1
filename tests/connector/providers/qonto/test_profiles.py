"""Who linked: from Qonto where the consent lets it be asked, else from what is stored."""

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from connector.errors import DownstreamForbidden, DownstreamUnavailable, MissingScope
from connector.http import Limits, provider_http
from connector.profiles import Profiles
from connector.providers.qonto.provider import qonto, qonto_sandbox
from oauth.tokens import Access

ORGANIZATION = {
    "id": "org-1",
    "name": "Mercure",
    "legal_name": "Atelier Mercure SAS",
    "legal_country": "FR",
    "bank_accounts": [],
}
MEMBERSHIP = {
    "id": "member-1",
    "first_name": "Anne",
    "last_name": "Martin",
    "email": "anne@example.com",
    "role": "owner",
    "status": "active",
}
BOTH = frozenset({"organization.read", "membership.read"})


@dataclass(frozen=True)
class Linked:
    """What the account's row says."""

    id: str = "acct-1"
    organization_id: str = "org-1"
    organization_name: str | None = "Stored Name"
    membership_id: str | None = "member-1"


class Qonto:
    """Answers both questions, or refuses them with one status."""

    def __init__(self, status: int = 200, *, says_ids: bool = True) -> None:
        self.asked: list[str] = []
        self._status = status
        self._left_out = set[str]() if says_ids else {"id"}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path)
        if self._status != 200:
            return httpx2.Response(self._status, json={"errors": [{"code": "forbidden"}]})
        if request.url.path == "/v2/organization":
            return httpx2.Response(200, json={"organization": self._said(ORGANIZATION)})
        return httpx2.Response(200, json={"membership": self._said(MEMBERSHIP)})

    def _said(self, document: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in document.items() if name not in self._left_out}


class Scoped:
    """Access with these scopes; None for an API key."""

    def __init__(self, scopes: frozenset[str] | None) -> None:
        self._scopes = scopes

    async def get(self, account_id: str) -> Access:
        return Access({"Authorization": "Bearer x"}, self._scopes, None)

    async def renew(self, account_id: str, refused: Access) -> Access:
        raise AssertionError


def profiles(
    bank: Qonto, scopes: frozenset[str] | None = BOTH, *, sandbox: bool = False
) -> Profiles:
    make = qonto_sandbox if sandbox else qonto
    http = provider_http(httpx2.MockTransport(bank))
    found = make(http, limits=Limits(retries=0)).provider(Scoped(scopes)).profiles
    assert found is not None
    return found


async def test_the_profile_is_the_organisation_and_who_linked_it() -> None:
    told = await profiles(Qonto()).profile(Linked())
    item = told.item
    assert (item.id, item.name, item.legal_name) == ("org-1", "Mercure", "Atelier Mercure SAS")
    assert (item.country, item.environment) == ("FR", "production")
    assert item.user is not None
    assert (item.user.id, item.user.first_name, item.user.role) == ("member-1", "Anne", "OWNER")
    assert told.warnings == ()
    assert told.raw is not None
    assert b"Atelier Mercure" in told.raw


async def test_without_scopes_the_profile_is_what_is_stored() -> None:
    """Qonto isn't asked in vain, and the warnings name the scopes."""
    bank = Qonto()
    told = await profiles(bank, frozenset({"client.read"})).profile(Linked())
    assert (told.item.id, told.item.name) == ("org-1", "Stored Name")
    assert (told.item.legal_name, told.item.country, told.item.user) == (None, None, None)
    assert [scope for scope in sorted(BOTH) if any(scope in one for one in told.warnings)] == [
        "membership.read",
        "organization.read",
    ]
    assert told.raw is None
    assert bank.asked == []


async def test_the_profile_says_so_when_not_even_the_name_is_stored() -> None:
    told = await profiles(Qonto(), frozenset()).profile(Linked(organization_name=None))
    assert told.item.name is None
    assert told.warnings[0].startswith("name, legalName and country: not known")


async def test_the_user_is_who_linked() -> None:
    told = await profiles(Qonto()).user_info(Linked())
    item = told.item
    assert (item.id, item.account_id) == ("member-1", "org-1")
    assert (item.family_name, item.name) == ("Martin", "Anne Martin")


async def test_a_stored_membership_is_answered_without_the_scope() -> None:
    told = await profiles(Qonto(), frozenset()).user_info(Linked())
    assert (told.item.id, told.item.account_id, told.item.name) == ("member-1", "org-1", None)
    assert "membership.read" in told.warnings[0]


async def test_ids_that_qonto_leaves_out_are_known_since_the_linking() -> None:
    asked = profiles(Qonto(says_ids=False))
    told, user, company = (
        await asked.profile(Linked()),
        await asked.user_info(Linked()),
        await asked.company(Linked()),
    )
    assert told.item.user is not None
    assert (told.item.id, told.item.user.id) == ("org-1", "member-1")
    assert (user.item.id, user.item.name, company.item.id) == ("member-1", "Anne Martin", "org-1")
    assert (told.warnings, user.warnings, company.warnings) == ((), (), ())


async def test_something_stands_for_the_id_of_a_user_that_nobody_knows() -> None:
    told = await profiles(Qonto(says_ids=False)).user_info(Linked(membership_id=None))
    assert told.item.id.startswith("without-id-")
    assert "without an id" in told.warnings[0]


async def test_nothing_known_of_the_user_is_a_missing_scope() -> None:
    with pytest.raises(MissingScope) as caught:
        await profiles(Qonto(), frozenset()).user_info(Linked(membership_id=None))
    assert caught.value.scope == "membership.read"


async def test_an_api_key_is_for_qonto_to_judge() -> None:
    """It has no scopes; the membership behind it is told to OAuth only."""
    bank = Qonto(403)
    with pytest.raises(DownstreamForbidden):
        await profiles(bank, None).user_info(Linked(membership_id=None))
    assert bank.asked == ["/v2/membership"]
    told = await profiles(Qonto(403), None).profile(Linked())
    assert told.item.name == "Stored Name"
    assert len(told.warnings) == 2


async def test_a_failure_of_qonto_is_not_hidden_by_what_is_stored() -> None:
    for ask in ("profile", "user_info", "company"):
        with pytest.raises(DownstreamUnavailable):
            await getattr(profiles(Qonto(503)), ask)(Linked())


async def test_the_company_is_the_organisation_with_or_without_asking() -> None:
    told = await profiles(Qonto()).company(Linked())
    assert (told.item.id, told.item.name) == ("org-1", "Atelier Mercure SAS")
    stored = await profiles(Qonto(), frozenset()).company(Linked())
    assert (stored.item.id, stored.item.name, stored.warnings) == ("org-1", "Stored Name", ())
    nameless = await profiles(Qonto(), frozenset()).company(Linked(organization_name=None))
    assert nameless.item.name is None
    assert "organization.read" in nameless.warnings[0]


@pytest.mark.parametrize(("sandbox", "name"), [(False, "production"), (True, "sandbox")])
def test_the_environment_is_the_target_systems(sandbox: bool, name: str) -> None:
    assert profiles(Qonto(), sandbox=sandbox).environment.name == name
