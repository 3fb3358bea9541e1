"""The relay over HTTP: a vendor looks after a subscription, and never another account's."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from storage.clock import iso_millis
from tests.support.described import CALLBACK, TARGET, InProcess, in_process
from tests.webhooks.relay import until
from webhooks.log_operations import LogQuery


@dataclass
class Vendor:
    """A vendor's client for one account, with one subscription."""

    up: InProcess
    http: httpx2.AsyncClient
    hook: str

    async def ask(
        self, method: str, path: str, *, expect: int = 200, body: Any = None, **query: str
    ) -> Any:
        answer = await self.http.request(method, f"/webhooks{path}", json=body, params=query)
        assert answer.status_code == expect, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()

    async def work(self, sent: int) -> None:
        """Let a worker run until so many messages arrived in all."""
        dispatcher = self.up.container.relay.dispatcher
        running = asyncio.create_task(dispatcher.run())
        await until(lambda: len(self.up.receivers.bodies) >= sent)
        await dispatcher.stop()
        await running


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path) as running:
        await running.register()
        yield running


@pytest.fixture
async def vendor(up: InProcess) -> AsyncIterator[Vendor]:
    async with up.client(await up.link()) as http:
        body = {"callbackUrl": f"{CALLBACK}/1", "resource": "INVOICE", "ordered": True}
        made = (await http.post("/webhooks", json=body)).json()["data"]
        yield Vendor(up, http, made["id"])


async def test_a_subscription_shows_its_options_and_state(vendor: Vendor) -> None:
    """Options can be given when it is made, and changed one by one."""
    shown = (await vendor.ask("GET", f"/{vendor.hook}"))["data"]
    assert (shown["ordered"], shown["coalesceSeconds"], shown["state"]) == (True, 0, "ACTIVE")
    assert (shown["waiting"], shown["held"], shown["stateReason"]) == (0, 0, None)
    assert "secret" not in shown
    changed = await vendor.ask("PATCH", f"/{vendor.hook}", body={"coalesceSeconds": 300})
    assert (changed["data"]["ordered"], changed["data"]["coalesceSeconds"]) == (True, 300)
    for wrong in (301, -1, "x"):
        refused = await vendor.ask(
            "PATCH", f"/{vendor.hook}", body={"coalesceSeconds": wrong}, expect=400
        )
        assert refused["errors"]["validationErrors"][0]["field"] == "coalesceSeconds"


async def test_a_paused_subscription_holds_what_is_sent(vendor: Vendor) -> None:
    paused = (await vendor.ask("POST", f"/{vendor.hook}/pause"))["data"]
    assert (paused["state"], paused["stateReason"]) == ("PAUSED", "VENDOR")
    sent = await vendor.ask("POST", f"/{vendor.hook}/test", expect=202)
    assert sent["data"]["status"] == "HELD"
    assert sent["meta"]["warnings"]
    resumed = (await vendor.ask("POST", f"/{vendor.hook}/resume"))["data"]
    assert (resumed["state"], resumed["stateReason"]) == ("ACTIVE", None)


async def test_a_test_is_sent_logged_and_sent_again(vendor: Vendor) -> None:
    sent = (await vendor.ask("POST", f"/{vendor.hook}/test", expect=202))["data"]
    again = await vendor.ask("POST", f"/deliveries/{sent['id']}/replay", expect=409)
    assert again["errors"]["code"] == "NOT_REPLAYABLE"
    await vendor.work(1)
    shown = (await vendor.ask("GET", f"/deliveries/{sent['id']}"))["data"]
    assert (shown["status"], shown["origin"], shown["attemptCount"]) == ("DELIVERED", "TEST", 1)
    assert shown["body"].encode() == vendor.up.receivers.bodies[0]
    (attempt,) = shown["attempts"]
    assert (attempt["number"], attempt["statusCode"], attempt["error"]) == (1, 200, None)
    assert attempt["latencyMs"] >= 0
    vendor.up.clock.tick()
    again = (await vendor.ask("POST", f"/deliveries/{sent['id']}/replay", expect=202))["data"]
    assert again["eventId"] == sent["eventId"]
    assert again["id"] != sent["id"]
    listed = await vendor.ask("GET", f"/{vendor.hook}/deliveries", limit="5")
    assert [one["id"] for one in listed["data"]][-1] == sent["id"]
    assert listed["meta"]["pagination"] is None
    assert listed["meta"]["nextCursor"] is None
    assert listed["errors"] is None


async def test_the_log_is_filtered_and_paged(vendor: Vendor) -> None:
    for _ in range(7):
        await vendor.ask("POST", f"/{vendor.hook}/test", expect=202)
        vendor.up.clock.tick()
    path = f"/{vendor.hook}/deliveries"
    first = await vendor.ask("GET", path, limit="5")
    rest = await vendor.ask("GET", path, limit="5", cursor=first["meta"]["nextCursor"])
    ids = [one["id"] for page in (first, rest) for one in page["data"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 7
    one = first["data"][2]
    for query, number in (
        ({"status": "PENDING"}, 7),
        ({"status": "DELIVERED"}, 0),
        ({"origin": "TEST", "eventType": "UPDATED"}, 7),
        ({"origin": "EVENT"}, 0),
        ({"resourceId": one["resourceId"]}, 1),
        ({"eventId": one["eventId"]}, 1),
        ({"eventId": one["eventId"], "status": "DELIVERED"}, 0),
        ({"eventId": one["eventId"], "resourceId": "another"}, 0),
        ({"eventId": "evt_unknown"}, 0),
        ({"from": one["createdDate"]}, 3),
        ({"to": one["createdDate"]}, 4),
    ):
        assert len((await vendor.ask("GET", path, **query))["data"]) == number, query
    for query in ({"limit": "7"}, {"status": "GONE"}, {"from": "soon"}, {"cursor": "x"}):
        refused = await vendor.ask("GET", path, expect=400, **query)
        assert refused["errors"]["code"] == "VALIDATION_FAILED"
        assert refused["errors"]["validationErrors"][0]["field"] in query


async def test_every_filter_of_the_log_is_described(vendor: Vendor) -> None:
    read = {field.alias or name for name, field in LogQuery.model_fields.items()}
    described = (await vendor.http.get("/openapi.json")).json()
    path = described["paths"]["/webhooks/{webhookId}/deliveries"]
    assert read == {one["name"] for one in path["get"]["parameters"] if one["in"] == "query"}


async def test_a_word_that_nobody_knows_is_refused_before_anything_is_done(vendor: Vendor) -> None:
    """A bound or a filter that is overlooked would send, or list, far more than was meant."""
    await vendor.ask("POST", f"/{vendor.hook}/test", expect=202)
    before = await vendor.ask("GET", f"/{vendor.hook}")
    for method, path, body, field in (
        ("POST", "replays", {"status": "ALL", "since": "2026-11-25T00:00:00Z"}, "since"),
        ("POST", "replays", {"status": "ALL", "resourceid": "x"}, "resourceid"),
        ("POST", "rotateSecret", {"expirenow": True}, "expirenow"),
        ("PATCH", "", {"order": True}, "order"),
    ):
        refused = await vendor.ask(
            method, f"/{vendor.hook}/{path}".rstrip("/"), expect=400, body=body
        )
        (wrong,) = refused["errors"]["validationErrors"]
        assert (wrong["field"], wrong["code"]) == (field, "EXTRA_FORBIDDEN")
    for path, query in (("deliveries", "event"), ("replays", "status")):
        refused = await vendor.ask("GET", f"/{vendor.hook}/{path}", expect=400, **{query: "x"})
        assert refused["errors"]["validationErrors"][0]["field"] == query
    assert (await vendor.ask("GET", f"/{vendor.hook}/replays"))["data"] == []
    assert (await vendor.ask("GET", f"/{vendor.hook}"))["data"] == before["data"]


async def test_bounds_in_the_wrong_order_are_refused(vendor: Vendor) -> None:
    late, early = "2026-11-26T00:00:00Z", "2026-11-25T00:00:00Z"
    body = {"status": "ALL", "from": late, "to": early}
    refused = await vendor.ask("POST", f"/{vendor.hook}/replays", expect=400, body=body)
    assert "before" in refused["errors"]["validationErrors"][0]["message"]
    query = {"from": late, "to": late}
    await vendor.ask("GET", f"/{vendor.hook}/deliveries", expect=400, **query)


async def test_a_replay_is_begun_watched_and_canceled(vendor: Vendor) -> None:
    path = f"/{vendor.hook}/replays"
    begun = await vendor.ask("POST", path, expect=202, body={"status": "FAILED"})
    assert (begun["data"]["state"], begun["data"]["total"]) == ("RUNNING", 0)
    assert begun["data"]["from"] is None
    replay = begun["data"]["id"]
    assert (await vendor.ask("GET", f"{path}/{replay}"))["data"] == begun["data"]
    assert [one["id"] for one in (await vendor.ask("GET", path))["data"]] == [replay]
    canceled = await vendor.ask("DELETE", f"{path}/{replay}")
    assert canceled["data"]["state"] == "CANCELED"
    old = {"status": "ALL", "from": "2020-01-01T00:00:00Z"}
    assert (await vendor.ask("POST", path, expect=202, body=old))["meta"]["warnings"]
    refused = await vendor.ask("POST", path, expect=400, body={"status": "SOME"})
    assert refused["errors"]["validationErrors"][0]["field"] == "status"


async def test_a_new_secret_is_shown_once(vendor: Vendor) -> None:
    rotated = (await vendor.ask("POST", f"/{vendor.hook}/rotateSecret"))["data"]
    assert len(rotated["secret"]) == 64
    assert Webhook(rotated["whsecSecret"])
    tomorrow = iso_millis(vendor.up.clock() + timedelta(hours=24))
    shown = await vendor.ask("GET", f"/{vendor.hook}")
    assert rotated["previousSecretUntil"] == shown["data"]["previousSecretUntil"] == tomorrow
    refused = await vendor.ask("POST", f"/{vendor.hook}/rotateSecret", expect=409)
    assert refused["errors"]["code"] == "ROTATION_UNDER_WAY"
    now = await vendor.ask("POST", f"/{vendor.hook}/rotateSecret", body={"expireNow": True})
    assert now["data"]["previousSecretUntil"] is None
    shown = await vendor.ask("GET", f"/{vendor.hook}")
    for secret in (rotated["secret"], now["data"]["secret"]):
        assert secret not in str(shown)


@pytest.mark.covers("MAE-30")
async def test_everything_of_another_account_or_tenant_is_not_there(
    up: InProcess, vendor: Vendor
) -> None:
    """404 for each, to another account of the vendor and to another vendor's; nothing changes."""
    sent = (await vendor.ask("POST", f"/{vendor.hook}/test", expect=202))["data"]
    begun = await vendor.ask("POST", f"/{vendor.hook}/replays", expect=202, body={"status": "ALL"})
    replay = begun["data"]["id"]
    before = await vendor.ask("GET", f"/{vendor.hook}")
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/{vendor.hook}", None),
        ("PATCH", f"/{vendor.hook}", {"ordered": False}),
        ("DELETE", f"/{vendor.hook}", None),
        *(
            ("POST", f"/{vendor.hook}/{what}", None)
            for what in ("pause", "resume", "rotateSecret", "test")
        ),
        ("GET", f"/{vendor.hook}/deliveries", None),
        ("POST", f"/{vendor.hook}/replays", {"status": "ALL"}),
        ("GET", f"/{vendor.hook}/replays", None),
        ("GET", f"/{vendor.hook}/replays/{replay}", None),
        ("DELETE", f"/{vendor.hook}/replays/{replay}", None),
        ("GET", f"/deliveries/{sent['id']}", None),
        ("POST", f"/deliveries/{sent['id']}/replay", None),
    ]
    other = list(up.simulator.world.books.values())[1].organisation
    body = {"username": other.slug, "apiKey": other.secret_key}
    strangers = [up.api_key, (await up.container.oauth.tenants.create("Other")).api_key]
    for api_key in strangers:
        async with up.client() as http:
            http.headers["X-API-KEY"] = api_key
            linked = await http.post(f"/auth/accounts/{TARGET}", json=body)
            http.headers["X-ACCOUNT-KEY"] = linked.json()["accountKey"]
            stranger = Vendor(up, http, "")
            for method, path, sends in calls:
                refused = await stranger.ask(method, path, expect=404, body=sends)
                assert refused["errors"]["code"] == "NOT_FOUND", (method, path)
    assert (await vendor.ask("GET", f"/{vendor.hook}"))["data"] == before["data"]


@pytest.mark.parametrize("bad", ["tenant", "x", "whk_%00", "whk_" + "Z" * 27, "deliveries"])
async def test_what_is_no_id_is_not_found(vendor: Vendor, bad: str) -> None:
    await vendor.ask("GET", f"/{bad}", expect=404)
    await vendor.ask("POST", f"/{vendor.hook}/replays/{bad}", expect=405)
    await vendor.ask("GET", f"/{vendor.hook}/replays/{bad}", expect=404)


async def test_below_the_tenants_paths_an_account_key_is_asked_for(up: InProcess) -> None:
    async with up.client() as http:
        answer = await http.get("/webhooks/tenant")
    assert answer.status_code == 401
    assert answer.json()["errors"]["code"] == "UNAUTHORIZED_ACCOUNT_KEY"
