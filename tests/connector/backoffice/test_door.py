"""Who comes in: keys of the company's, and this machine only where that was chosen."""

from dataclasses import replace

import httpx2
import pytest

from connector.api.operation import Permission
from connector.app.factory import create_app
from connector.app.settings import (
    ServerGroup,
)
from connector.faces.backoffice import OPERATIONS
from tests.connector.backoffice.conftest import OWN_MACHINE, Office, make_key

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATUS = "/api/qonto/status"
AFAR = "192.0.2.7"
LOCAL = ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"]
NOT_LOCAL = [
    *(AFAR, "10.0.0.1", "0.0.0.0", "::", "fe80::1", "::ffff:192.0.2.7"),  # noqa: S104
    *("localhost", None),
]
FORWARDED = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"x-forwarded-host": "localhost"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Anything": ""},
    {"Forwarded": "for=127.0.0.1;host=localhost"},
    {"X-Real-IP": "127.0.0.1"},
    {"Via": "1.1 proxy"},
    {"CF-Connecting-IP": "127.0.0.1"},
    {"True-Client-IP": "::1"},
]
FROM_A_PAGE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "nonsense"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:3000"},
]
OTHER_NAMES = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evil.example:8080",
    "localhost.",
    "localhost:x",
    "localhost:8080:8080",
    "192.0.2.7",
    "[::2]",
    "[::1",
    "2130706433",
    "0x7f.1",
    "",
    " ",
    "localhost, evil.example",
]


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Return what was refused, which is told in the one shape there is."""
    told = answer.json()
    assert told["success"] is False
    assert set(told["error"]) >= {"code", "message"}
    return answer.status_code, told["error"]["code"]


KEY_NEEDED = (403, "unauthorized_api_key")


@pytest.mark.parametrize("peer", NOT_LOCAL)
@pytest.mark.parametrize("opened", [True, False])
async def test_another_machine_needs_a_key(office: Office, peer: str | None, opened: bool) -> None:
    async with office.client(peer, opened=opened) as caller:
        for one in OPERATIONS:
            answer = await caller.request(one.method, one.path)
            assert refusal(answer) == KEY_NEEDED, one.path
            assert "balance" not in answer.text
        assert (await caller.get(STATUS, headers=office.with_key)).status_code == 200


@pytest.mark.parametrize("peer", LOCAL)
async def test_this_machine_needs_none_where_that_was_chosen(office: Office, peer: str) -> None:
    async with office.client(peer, opened=False) as caller:
        refused = await caller.get(STATUS)
        assert refusal(refused) == KEY_NEEDED
        assert "tenant key create ten_default" in refused.json()["error"]["message"]
        assert (await caller.get(STATUS, headers=office.with_key)).status_code == 200
    async with office.client(peer) as caller:
        assert (await caller.get(STATUS)).status_code == 200


@pytest.mark.parametrize("headers", [*FORWARDED, *FROM_A_PAGE], ids=str)
@pytest.mark.parametrize("peer", [OWN_MACHINE, AFAR])
async def test_what_came_through_a_proxy_or_from_a_page_needs_a_key(
    office: Office, peer: str, headers: dict[str, str]
) -> None:
    async with office.client(peer) as caller:
        assert refusal(await caller.get(STATUS, headers=headers)) == KEY_NEEDED
        wanted = await caller.post("/api/qonto/invoices", json={}, headers=headers)
        assert refusal(wanted) == KEY_NEEDED
        with_key = await caller.get(STATUS, headers={**headers, **office.with_key})
        assert with_key.status_code == 200


@pytest.mark.parametrize("host", OTHER_NAMES)
async def test_a_name_that_was_made_to_lead_here_needs_a_key(office: Office, host: str) -> None:
    """As a page does whose own name is led to 127.0.0.1 once it is loaded."""
    async with office.client() as caller:
        assert refusal(await caller.get(STATUS, headers={"Host": host})) == KEY_NEEDED


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8080", "127.0.0.1:1", "[::1]", "[::1]:8"])
async def test_this_machine_has_several_names(office: Office, host: str) -> None:
    async with office.client() as caller:
        own = {"Host": host, "Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}
        assert (await caller.get(STATUS, headers=own)).status_code == 200
        typed = {"Host": host, "Sec-Fetch-Site": "none"}
        assert (await caller.get(STATUS, headers=typed)).status_code == 200


@pytest.mark.parametrize("key", [b"", b"nonsense", b"sk_" + b"x" * 43, b"ten_default", b"\xff"])
async def test_a_key_that_is_none_is_refused_on_this_machine_too(
    office: Office, key: bytes
) -> None:
    async with office.client() as caller:
        assert refusal(await caller.get(STATUS, headers={b"X-API-KEY": key})) == KEY_NEEDED


async def test_another_tenants_key_and_a_revoked_one_are_refused(office: Office) -> None:
    oauth = office.container.oauth
    stranger = await oauth.tenants.create("Somebody else")
    made = await make_key(office.container)
    async with office.client(AFAR) as caller:
        for key, expected in ((stranger.api_key, 403), (made.secret, 200)):
            answer = await caller.get("/api/qonto/balance", headers={"X-API-KEY": key})
            assert answer.status_code == expected
        await oauth.tenant_keys.revoke(await office.company.tenant(), made.key.id)
        answer = await caller.get("/api/qonto/balance", headers={"X-API-KEY": made.secret})
        assert refusal(answer) == KEY_NEEDED


async def test_a_key_that_only_reads_changes_nothing(office: Office) -> None:
    reader = await make_key(office.container, frozenset({Permission.READ}))
    headers = {"X-API-KEY": reader.secret}
    async with office.client(AFAR) as caller:
        for one in OPERATIONS:
            answer = await caller.request(one.method, one.path, headers=headers)
            if one.method == "GET":
                assert answer.status_code in (200, 404), one.path
            else:
                assert refusal(answer) == (403, "permission_denied"), one.path


async def test_who_tries_many_keys_is_slowed_down_in_the_same_shape(office: Office) -> None:
    server = ServerGroup(bad_keys_per_minute=2)
    settings = office.container.settings.model_copy(update={"server": server})
    container = replace(office.container, settings=settings)
    app = create_app(container, worker=False, company=office.company)
    transport = httpx2.ASGITransport(app, client=(AFAR, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as caller:
        found = [
            refusal(await caller.get(STATUS, headers={"X-API-KEY": f"sk_{number:043}"}))
            for number in range(3)
        ]
    assert found == [KEY_NEEDED, KEY_NEEDED, (429, "too_many_bad_keys")]


async def test_there_is_no_back_office_for_many(office: Office) -> None:
    app = create_app(office.container, worker=False)
    transport = httpx2.ASGITransport(app, client=(OWN_MACHINE, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as caller:
        for headers, status in (({}, 403), (office.with_key, 404)):
            answer = await caller.get("/api/qonto/balance", headers=headers)
            assert answer.status_code == status
            assert "accounts" not in answer.text
