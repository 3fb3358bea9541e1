"""Knobs: small pages, no stable order, odd token answers, two callbacks, counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from qonto_simulator import Simulator, deliver_callback, give_consent, serving

from .chromium import PROGRAM, WITHOUT, browsing
from .support import (
    REDIRECT,
    Api,
    authorization_url,
    code_form,
    link,
    obtain_code,
    query_of,
    refresh_form,
)

LIST = "/v2/client_invoices"
SCOPE = "offline_access client_invoices.read webhook"
LISTS = (
    (LIST, "client_invoices"),
    ("/v2/supplier_invoices", "supplier_invoices"),
    ("/v2/clients", "clients"),
    ("/v2/memberships", "memberships"),
    ("/v2/bank_accounts", "bank_accounts"),
    ("/v2/transactions", "transactions"),
)


async def quirks(api: Api, **changes: Any) -> None:
    await api.take("POST", "/_simulator/quirks", json=changes)


async def everything(api: Api, path: str, key: str, **params: Any) -> tuple[list[str], list[int]]:
    """The ids behind all pages as `meta` leads through them, and the sizes of the pages."""
    ids: list[str] = []
    sizes: list[int] = []
    page: int | None = 1
    while page is not None:
        answer = await api.take("GET", path, params={**params, "page": page})
        rows = answer[key]
        ids += [one["id"] for one in rows]
        sizes.append(len(rows))
        page = answer["meta"]["next_page"]
    return ids, sizes


def asked(sim: Simulator, path: str) -> dict[str, str]:
    if path != "/v2/transactions":
        return {}
    return {"bank_account_id": sim.world.first.organisation.main_account.id}


class TestMostPerPage:
    @pytest.mark.parametrize(("path", "key"), LISTS)
    async def test_no_page_of_any_list_is_larger_and_meta_says_so(
        self, api: Api, sim: Simulator, path: str, key: str
    ) -> None:
        params = asked(sim, path)
        whole, _ = await everything(api, path, key, **params)
        assert len(whole) > 1
        await quirks(api, most_per_page=1)
        ids, sizes = await everything(api, path, key, **params)
        assert ids == whole
        assert set(sizes) == {1}
        meta = (await api.take("GET", path, params={**params, "per_page": 100}))["meta"]
        assert (meta["per_page"], meta["total_pages"]) == (1, len(whole))

    async def test_smaller_pages_may_be_asked_for_and_wrong_sizes_are_refused(
        self, api: Api
    ) -> None:
        await quirks(api, most_per_page=3)
        answer = await api.take("GET", LIST, params={"per_page": 2})
        assert (len(answer["client_invoices"]), answer["meta"]["per_page"]) == (2, 2)
        await api.problem("GET", LIST, 422, params={"per_page": 0})

    async def test_it_counts_for_the_paths_it_is_set_for(self, api: Api) -> None:
        await quirks(api, most_per_page=2, most_per_page_on="/v2/client_*")
        assert len((await api.take("GET", LIST))["client_invoices"]) == 2
        assert len((await api.take("GET", "/v2/clients"))["clients"]) > 2

    async def test_meta_may_be_silent_so_that_only_the_total_shows_it(self, api: Api) -> None:
        await quirks(api, most_per_page=2, most_per_page_unsaid=True)
        answer = await api.take("GET", LIST, params={"per_page": 5})
        meta = answer["meta"]
        assert len(answer["client_invoices"]) == 2
        assert meta["per_page"] == 5
        assert meta["total_pages"] == -(-meta["total_count"] // 5)
        ids, _ = await everything(api, LIST, "client_invoices", per_page=5)
        assert len(ids) < meta["total_count"]


class TestUnstableOrder:
    @pytest.mark.parametrize(
        ("kind", "order"),
        [
            ("client_invoices", "updated_at:asc"),
            ("clients", "created_at:desc"),
            ("transactions", "settled_at:desc"),
        ],
    )
    async def test_records_of_one_moment_come_in_another_order_every_time(
        self, api: Api, sim: Simulator, kind: str, order: str
    ) -> None:
        path = f"/v2/{kind}"
        stamps = ["created_at", "updated_at", "settled_at"]
        body = {"kind": kind, "stamps": stamps, "at": "2026-11-19T08:00:00Z"}
        assert (await api.take("POST", "/_simulator/moments", json=body))["changed"] > 5
        params = {**asked(sim, path), "sort_by": order}
        still = [await everything(api, path, kind, **params) for _ in range(2)]
        assert still[0] == still[1]
        await quirks(api, unstable_order=True)
        orders = [(await everything(api, path, kind, **params))[0] for _ in range(4)]
        assert len({tuple(order) for order in orders}) > 1
        assert all(sorted(order) == sorted(still[0][0]) for order in orders)

    async def test_records_that_differ_keep_their_order(self, api: Api, sim: Simulator) -> None:
        times = {one.id: one.created_at for one in sim.world.first.client_invoices}
        await quirks(api, unstable_order=True)
        for _ in range(3):
            ids, _ = await everything(api, LIST, "client_invoices", sort_by="created_at:asc")
            assert [times[id] for id in ids] == sorted(times[id] for id in ids)
            assert len(set(times.values())) > 3

    async def test_pages_that_are_walked_through_miss_some_and_repeat_others(
        self, api: Api
    ) -> None:
        await api.take("POST", "/_simulator/moments", json={"kind": "client_invoices"})
        await quirks(api, unstable_order=True)
        ids, _ = await everything(api, LIST, "client_invoices", per_page=2)
        assert len(set(ids)) < len(ids)

    async def test_the_same_seed_draws_the_same_orders(self, open_api: Callable[..., Api]) -> None:
        async def story() -> list[list[str]]:
            simulator = Simulator()
            api = open_api(simulator, Authorization=f"Bearer {simulator.issue_access_token()}")
            simulator.control.set_moments("client_invoices")
            simulator.control.set_quirks(unstable_order=True)
            found: list[list[str]] = []
            for _ in range(3):
                rows = (await api.take("GET", LIST))["client_invoices"]
                found.append([one["number"] for one in rows])
            return found

        assert await story() == await story()


class TestMoments:
    async def test_only_the_newest_get_the_moment_and_only_where_it_is_wanted(
        self, api: Api, sim: Simulator
    ) -> None:
        before = (await api.take("GET", LIST))["client_invoices"]
        body = {"stamps": ["updated_at"], "count": 3, "at": "2026-11-19T08:00:00.250Z"}
        answer = await api.take("POST", "/_simulator/moments", json=body)
        assert answer == {"changed": 3}
        after = (await api.take("GET", LIST))["client_invoices"]
        assert [one["id"] for one in after] == [one["id"] for one in before]
        assert [one["created_at"] for one in after] == [one["created_at"] for one in before]
        assert len({one["updated_at"] for one in after[:3]}) == 1
        window = {"filter[updated_at_from]": "2026-11-19T08:00:00Z"}
        found = await api.take("GET", LIST, params=window)
        assert {one["id"] for one in after[:3]} <= {one["id"] for one in found["client_invoices"]}


class TestTokenAnswers:
    async def odd(self, http: Api, **fields: Any) -> None:
        await http.take("POST", "/_simulator/token_answers", 201, json=fields)

    @pytest.mark.parametrize(
        "value", [None, "3600", "soon", 3599.5, 10**30, 0, -1, True, {"a": 1}, [3600]]
    )
    async def test_the_lifetime_can_be_any_value_and_the_rotation_has_happened(
        self, anybody: Api, sim: Simulator, value: object
    ) -> None:
        first = await link(anybody, sim, SCOPE)
        await self.odd(anybody, change={"expires_in": value})
        form = refresh_form(sim, first["refresh_token"])
        second = await anybody.take("POST", "/oauth2/token", data=form)
        assert second["expires_in"] == value
        assert second["refresh_token"] != first["refresh_token"]
        await anybody.take("POST", "/_simulator/clock", json={"advance": 61})
        await anybody.take("POST", "/oauth2/token", 400, data=form)

    async def test_keys_can_be_left_out_and_added_and_scopes_be_turned_round(
        self, anybody: Api, sim: Simulator
    ) -> None:
        await self.odd(
            anybody,
            change={"token_type": "BEARER", "id_token": "x.y.z", "extra": [1]},
            omit=["expires_in", "refresh_token"],
            reverse_scope=True,
        )
        answer = await link(anybody, sim, SCOPE)
        assert set(answer) == {"access_token", "token_type", "scope", "id_token", "extra"}
        assert answer["token_type"] == "BEARER"
        assert answer["scope"] == " ".join(reversed(SCOPE.split()))
        assert sim.grants.find_access(answer["access_token"], sim.clock.now()) is not None
        assert set(await link(anybody, sim, SCOPE)) == {
            *("access_token", "token_type", "scope", "expires_in", "refresh_token")
        }

    async def test_it_counts_only_successes_of_the_grant_it_is_for(
        self, anybody: Api, sim: Simulator
    ) -> None:
        await self.odd(anybody, omit=["scope"], grant_type="refresh_token", times=2)
        tokens = await link(anybody, sim, SCOPE)
        assert "scope" in tokens
        await anybody.take("POST", "/oauth2/token", 400, data=refresh_form(sim, "nope"))
        form = refresh_form(sim, tokens["refresh_token"])
        for left in (1, 0):
            assert "scope" not in await anybody.take("POST", "/oauth2/token", data=form)
            waiting = (await anybody.take("GET", "/_simulator/token_answers"))["token_answers"]
            assert [one["times"] for one in waiting] == ([left] if left else [])
        assert "scope" in await anybody.take("POST", "/oauth2/token", data=form)

    async def test_they_are_forgotten_on_request_and_by_a_reset(
        self, anybody: Api, sim: Simulator
    ) -> None:
        for method, path in (
            ("DELETE", "/_simulator/token_answers"),
            ("POST", "/_simulator/reset"),
        ):
            await self.odd(anybody, omit=["scope"], times=None)
            await anybody.take(method, path)
            assert "scope" in await link(anybody, sim, SCOPE)


class TestCallbacks:
    async def test_a_callback_can_be_delivered_twice_at_once(
        self, anybody: Api, sim: Simulator
    ) -> None:
        back = await give_consent(anybody, authorization_url(sim, SCOPE))
        seen: list[str] = []

        def land(request: httpx2.Request) -> httpx2.Response:
            seen.append(str(request.url))
            return httpx2.Response(204)

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(land)) as vendor:
            answers = await deliver_callback(vendor, back, times=2)
        assert [one.status_code for one in answers] == [204, 204]
        assert seen == [back, back]

    async def test_with_the_quirk_the_walk_still_leads_to_the_callback(
        self, anybody: Api, sim: Simulator
    ) -> None:
        await quirks(anybody, callback_twice=True)
        back = await give_consent(anybody, authorization_url(sim, SCOPE))
        assert back.startswith(f"{REDIRECT}?")
        form = code_form(sim, query_of(back)["code"])
        assert await anybody.take("POST", "/oauth2/token", data=form)
        denied = await give_consent(anybody, authorization_url(sim, SCOPE), allow=False)
        assert query_of(denied)["error"] == "access_denied"

    @pytest.mark.loopback
    @pytest.mark.skipif(PROGRAM is None, reason=WITHOUT)
    async def test_a_browser_calls_the_application_twice_with_the_same_code(self) -> None:
        simulator = Simulator()
        async with serving(simulator) as url, browsing() as tab, Api(base_url=url) as http:
            # Under `/files/`, so that the simulator's own journal keeps what was called.
            landing = f"{url}/files/landed/here"
            simulator.register_redirect_uri(landing)
            await quirks(http, callback_twice=True)
            start = authorization_url(simulator, SCOPE, redirect_uri=landing)
            await tab.call("Page.navigate", url=start.replace("http://qonto.test", url))
            for heading in (
                *("Log in to Qonto", "Confirm that it is you"),
                *("Choose an organisation", "Allow access?"),
            ):
                await tab.see("document.querySelector('h1')?.textContent", heading)
                await tab.read("document.querySelector('main button').click()")
            await tab.see("location.pathname", urlsplit(landing).path)
            called = simulator.control.journal(path="/files/landed/here")
            assert len(called) == 2
            assert called[0]["query"] == called[1]["query"]


class TestCounts:
    async def test_requests_are_counted_by_path_and_status(self, api: Api) -> None:
        rows = (await api.take("GET", LIST))["client_invoices"]
        for one in rows[:3]:
            await api.take("GET", f"{LIST}/{one['id']}")
        await api.problem("GET", f"{LIST}/nope", 404)
        await api.take("POST", "/_simulator/faults", 201, json={"path": LIST, "kind": "drop"})
        with pytest.raises(httpx2.RemoteProtocolError):
            await api.get(LIST)
        counts = (await api.take("GET", "/_simulator/counts"))["counts"]
        assert counts["requests"] == 6
        assert counts["by_path"] == {
            f"GET {LIST}": 2,
            f"GET {LIST}/{{id}}": 3,
            f"GET {LIST}/nope": 1,
        }
        assert counts["by_status"] == {"200": 4, "404": 1, "dropped": 1}

    async def test_answers_401_are_counted_with_what_is_left_of_the_limit(
        self, anybody: Api, open_api: Callable[..., Api], sim: Simulator
    ) -> None:
        for _ in range(3):
            await anybody.problem("GET", LIST, 401)
        form = {"grant_type": "refresh_token", "client_id": "nope", "client_secret": "nope"}
        await anybody.take("POST", "/oauth2/token", 401, data=form)
        counts = (await anybody.take("GET", "/_simulator/counts"))["counts"]
        assert counts["unauthorized"] == 4
        assert list(counts["unauthorized_last_hour"].values()) == [4]
        await anybody.take("POST", "/_simulator/clock", json={"advance": 3601})
        counts = (await anybody.take("GET", "/_simulator/counts"))["counts"]
        assert (counts["unauthorized"], counts["unauthorized_last_hour"]) == (4, {})

    async def test_refreshes_and_the_ends_of_families_are_counted_by_their_reason(
        self, anybody: Api, sim: Simulator
    ) -> None:
        async def token(status: int, form: dict[str, str]) -> Any:
            return await anybody.take("POST", "/oauth2/token", status, data=form)

        first = refresh_form(sim, (await link(anybody, sim, SCOPE))["refresh_token"])
        await token(200, first)
        await token(200, first)
        await anybody.take("POST", "/_simulator/clock", json={"advance": 61})
        for _ in range(2):  # once revoked is revoked
            await token(400, first)
        code = code_form(sim, await obtain_code(anybody, sim, SCOPE))
        await token(200, code)
        await token(400, code)
        tokens = await link(anybody, sim, SCOPE)
        form = {"client_id": sim.client_id, "client_secret": sim.client_secret}
        await anybody.post("/oauth2/revoke", data={**form, "token": tokens["access_token"]})
        await link(anybody, sim, SCOPE)
        await anybody.take("POST", "/_simulator/consents/revoke")
        await token(400, {**form, "grant_type": "poem"})
        counts = (await anybody.take("GET", "/_simulator/counts"))["counts"]
        assert counts["families_revoked"] == {
            "old_refresh_token": 1,
            "code_used_twice": 1,
            "revoked_by_client": 1,
            "consent_revoked": 1,
        }
        assert (counts["refreshes"], counts["refreshes_again"]) == (2, 1)
        assert counts["token_requests"] == {
            "authorization_code": 5,
            "refresh_token": 4,
            "other": 1,
        }

    async def test_they_start_from_zero_on_request(self, api: Api) -> None:
        await api.take("GET", LIST)
        await api.take("DELETE", "/_simulator/journal")
        assert (await api.take("GET", "/_simulator/counts"))["counts"]["requests"] == 1
        await api.take("DELETE", "/_simulator/counts")
        assert (await api.take("GET", "/_simulator/counts"))["counts"]["requests"] == 0

    def test_what_is_kept_does_not_grow_with_the_requests(self, sim: Simulator) -> None:
        tally = sim._tally
        for number in range(100_000):
            tally.asked("GET", f"/v2/garbage/{number}")
            tally.answered(404)
        counts = sim.control.counts()
        assert counts["requests"] == 100_000
        assert len(counts["by_path"]) == 1_001
        assert counts["by_path"]["other"] == 99_000
