"""Subscriptions, events, signatures and deliveries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import Simulator
from qonto_simulator.oauth.grants import Family
from qonto_simulator.webhooks.signing import signature

from .support import (
    CALLBACK,
    NOW,
    Api,
    Receiver,
    create_invoice,
    get_invoice,
    link,
    refresh_form,
    subscribe,
)

PATH = "/v2/webhook_subscriptions"
INVOICES = "v1/client-invoices"
CONSENTS = "/v2/oauth2/consents"


async def settle(api: Api) -> int:
    return (await api.take("POST", "/_simulator/settle"))["waiting_for_retry"]


async def advance(api: Api, seconds: float) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": seconds})
    await settle(api)


async def pay(api: Api, id: str) -> None:
    await api.take("POST", f"/_simulator/invoices/{id}/pay")


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """The check that a receiver makes."""
    parts = dict(part.split("=", 1) for part in headers["x-qonto-signature"].split(","))
    message = f"{parts['t']}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, parts["v1"])


class TestSubscriptions:
    @pytest.mark.covers("QX-10")
    async def test_creating_answers_201_with_a_secret_and_no_envelope(self, api: Api) -> None:
        made = await subscribe(api, INVOICES)
        assert made["secret"].startswith("whsec_")
        assert 32 <= len(made["secret"]) <= 128
        assert made["callback_url"] == CALLBACK
        assert "description" not in made
        own = "s" * 32
        assert (await subscribe(api, INVOICES, secret=own))["secret"] == own

    @pytest.mark.covers("QX-11")
    async def test_later_the_secret_is_null_and_in_lists_absent(self, api: Api) -> None:
        made = await subscribe(api, INVOICES, description="Ours")
        single = await api.take("GET", f"{PATH}/{made['id']}")
        assert single == {**made, "secret": None}
        listed = (await api.take("GET", PATH))["subscriptions"]
        assert "secret" not in listed[0]
        assert listed[0]["description"] == "Ours"

    @pytest.mark.covers("QX-11")
    async def test_a_put_replaces_everything(self, api: Api) -> None:
        made = await subscribe(api, INVOICES, description="Ours")
        path = f"{PATH}/{made['id']}"
        problem = await api.problem("PUT", path, 400, json={"types": [INVOICES]})
        assert problem["detail"] == "CallbackURL is missing"
        body = {"callback_url": CALLBACK + "/2", "types": [INVOICES, "v1/clients"]}
        changed = await api.take("PUT", path, json=body)
        assert changed["types"] == [INVOICES, "v1/clients"]
        assert changed["secret"] is None
        assert "description" not in changed

    async def test_a_deleted_one_is_gone(self, api: Api) -> None:
        made = await subscribe(api, INVOICES)
        response = await api.delete(f"{PATH}/{made['id']}")
        assert (response.status_code, response.content) == (204, b"")
        await api.problem("GET", f"{PATH}/{made['id']}", 404)
        await api.problem("DELETE", f"{PATH}/{made['id']}", 404)

    @pytest.mark.covers("QX-10")
    @pytest.mark.parametrize(
        "changes",
        [
            {"callback_url": None},
            {"callback_url": "http://hooks.example/x"},
            {"callback_url": "ftp://hooks.example/x"},
            {"callback_url": "https://hooks.example/" + "x" * 500},
            {"types": None},
            {"types": []},
            {"types": ["v1/quotes"]},
            {"types": [3]},
            {"secret": "short"},
            {"secret": "s" * 129},
            {"description": "d" * 257},
        ],
    )
    async def test_what_is_wrong_is_400(self, api: Api, changes: dict[str, Any]) -> None:
        body: dict[str, Any] = {"callback_url": CALLBACK, "types": [INVOICES], **changes}
        await api.problem("POST", PATH, 400, json={k: v for k, v in body.items() if v is not None})

    async def test_a_body_of_the_old_shape_is_not_understood(self, api: Api) -> None:
        body = {"subscription": {"event_type": "transaction.updated", "callback_url": CALLBACK}}
        problem = await api.problem("POST", PATH, 400, json=body)
        assert problem["detail"] == "CallbackURL is missing"

    @pytest.mark.covers("QX-16")
    async def test_only_public_https_when_strict(self, api: Api) -> None:
        local = {"callback_url": "http://127.0.0.1:8000/x", "types": [INVOICES]}
        await api.take("POST", PATH, 201, json=local)
        await api.take("POST", "/_simulator/quirks", json={"strict_callbacks": True})
        for url in (
            "http://127.0.0.1:8000/x",
            "https://localhost/x",
            "https://10.0.0.1/x",
            "https://[::1]/x",
            "https://intranet/x",
        ):
            body = {"callback_url": url, "types": [INVOICES]}
            await api.problem("POST", PATH, 400, json=body)
        await subscribe(api, INVOICES)

    async def test_refusals_come_without_an_envelope(self, api: Api, anybody: Api) -> None:
        path = f"{PATH}/nope"
        assert await api.take("GET", path, 404) == {
            "code": "not_found",
            "detail": "webhook subscription not found",
            "source": {"parameter": "id"},
        }
        body = {"callback_url": CALLBACK, "types": []}
        wrong = await api.take("POST", PATH, 400, json=body)
        assert wrong["source"] == {"pointer": "/types"}
        assert set(await anybody.take("GET", PATH, 401)) == {"code", "detail"}

    @pytest.mark.covers("QX-10")
    async def test_each_type_needs_its_read_scope(
        self, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        token = sim.issue_access_token(["webhook"])
        bare = open_api(sim, Authorization=f"Bearer {token}")
        for type, scope in (
            (INVOICES, "client_invoices.read"),
            ("v1/clients", "organization.read"),
            ("v1/products", "organization.read"),
        ):
            body = {"callback_url": CALLBACK, "types": [type]}
            problem = await bare.problem("POST", PATH, 403, json=body)
            assert problem["detail"] == f"missing required oauth scope: {scope}"
        await subscribe(bare, "v1/consent-revocations")

    @pytest.mark.covers("QX-12")
    async def test_every_documented_type_can_be_subscribed_to(self, api: Api) -> None:
        types = [
            *("transactions", "accounts", "organizations", "memberships", "consent-revocations"),
            *("cards", "payment-links", "payment-links-connections", "beneficiaries"),
            *("client-invoices", "terminal-payments", "clients", "products"),
            *("sepa-direct-debit-mandates", "sepa-direct-debit-collections"),
        ]
        made = await subscribe(api, *(f"v1/{one}" for one in types))
        assert made["types"] == [f"v1/{one}" for one in types]

    async def test_only_ones_own_are_seen(
        self, anybody: Api, sim: Simulator, api: Api, open_api: Callable[..., Api]
    ) -> None:
        made = await subscribe(api, INVOICES)
        organizations = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
        token = sim.issue_access_token(organization_id=organizations[1]["id"])
        other = open_api(sim, Authorization=f"Bearer {token}")
        assert (await other.take("GET", PATH))["subscriptions"] == []
        await other.problem("GET", f"{PATH}/{made['id']}", 404)
        again = open_api(sim, Authorization=f"Bearer {sim.issue_access_token()}")
        assert len((await again.take("GET", PATH))["subscriptions"]) == 1


class TestEvents:
    @pytest.mark.covers("QX-13")
    async def test_an_invoice_tells_its_creation_and_every_change(
        self, api: Api, receiver: Receiver
    ) -> None:
        made = await subscribe(api, INVOICES)
        draft = await create_invoice(api)
        path = f"/v2/client_invoices/{draft['id']}"
        await api.take("PATCH", path, json={"header": "Hello"})
        for action in ("finalize", "mark_as_paid", "unmark_as_paid", "mark_as_canceled"):
            await api.take("POST", f"{path}/{action}")
        await settle(api)
        assert [(one["data"]["event"], one["data"]["status"]) for one in receiver.events] == [
            ("created", "draft"),
            ("updated", "draft"),
            ("updated", "unpaid"),
            ("updated", "paid"),
            ("updated", "unpaid"),
            ("updated", "canceled"),
        ]
        envelope = receiver.events[0]
        assert list(envelope) == [
            "id",
            "subscription_id",
            "organization_id",
            "membership_id",
            "type",
            "created_at",
            "data",
        ]
        assert envelope["subscription_id"] == made["id"]
        assert envelope["membership_id"] == made["membership_id"]
        assert envelope["created_at"] == "2026-11-20T09:00:00.000Z"
        assert len({one["id"] for one in receiver.events}) == 6

    @pytest.mark.covers("QX-13")
    async def test_invoice_data_has_no_cents_and_none_of_the_heavy_parts(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, INVOICES)
        await create_invoice(api, status="unpaid")
        await settle(api)
        assert "_cents" not in receiver.posts[0][1].decode()
        data = receiver.events[0]["data"]
        for name in (
            "organization_id",
            "attachment_id",
            "invoice_url",
            "organization",
            "einvoicing_lifecycle_events",
        ):
            assert name not in data
        assert data["items"][0]["total_amount"]["value"] == "1440.00"

    @pytest.mark.covers("QX-13")
    async def test_the_event_name_can_be_left_out(self, api: Api, receiver: Receiver) -> None:
        await api.take("POST", "/_simulator/quirks", json={"omit_data_event": True})
        await subscribe(api, INVOICES)
        await create_invoice(api)
        await settle(api)
        assert "event" not in receiver.events[0]["data"]

    async def test_a_deleted_draft_and_a_ready_pdf_tell_nothing_unless_asked(
        self, api: Api, receiver: Receiver
    ) -> None:
        draft = await create_invoice(api)
        final = await create_invoice(api, status="unpaid")
        await subscribe(api, INVOICES)
        await api.take("DELETE", f"/v2/client_invoices/{draft['id']}", 204)
        await advance(api, 11)
        assert receiver.posts == []
        await api.take("POST", "/_simulator/quirks", json={"pdf_ready_event": True})
        final = await create_invoice(api, status="unpaid")
        await advance(api, 11)
        assert [one["data"]["id"] for one in receiver.events] == [final["id"]] * 2

    async def test_paying_twice_on_the_same_day_is_one_change(
        self, api: Api, receiver: Receiver
    ) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await subscribe(api, INVOICES)
        for day in ("2026-11-10", "2026-11-10", "2026-11-11"):
            path = f"/v2/client_invoices/{invoice['id']}/mark_as_paid"
            await api.take("POST", path, json={"paid_at": day})
        await settle(api)
        assert [one["data"]["paid_at"][:10] for one in receiver.events] == [
            "2026-11-10",
            "2026-11-11",
        ]

    async def test_other_types_tell_their_changes(self, api: Api, receiver: Receiver) -> None:
        await subscribe(
            api,
            "v1/clients",
            "v1/transactions",
            "v1/products",
            "v1/beneficiaries",
            "v1/organizations",
            "v1/memberships",
            "v1/accounts",
        )
        body = {"kind": "company", "name": "ACME"}
        client = (await api.take("POST", "/v2/clients", 200, json=body))["client"]
        await api.take("PATCH", f"/v2/clients/{client['id']}", json={"name": "ACME 2"})
        await api.take("DELETE", f"/v2/clients/{client['id']}", 204)
        money = (await api.take("POST", "/_simulator/transactions", 201))["transaction"]
        note = f"/_simulator/transactions/{money['id']}/annotate"
        await api.take("POST", note, json={"note": "seen"})
        product = {
            "title": "Poster",
            "type": "good",
            "unit_price": {"value": "5", "currency": "EUR"},
            "vat_rate": "0.2",
        }
        await api.take("POST", "/v2/products", 200, json=product)
        await api.take("POST", "/_simulator/beneficiaries", 201)
        await api.take("PATCH", "/_simulator/organizations", json={"status": "suspended"})
        await api.take("POST", "/_simulator/members/change", json={"role": "manager"})
        account = money["bank_account_id"]
        await api.take("POST", f"/_simulator/bank_accounts/{account}/rename", json={"name": "New"})
        await settle(api)
        assert [(one["type"], one["data"]["event"]) for one in receiver.events] == [
            ("v1/clients", "created"),
            ("v1/clients", "updated"),
            ("v1/clients", "deleted"),
            ("v1/transactions", "created"),
            ("v1/transactions", "updated"),
            ("v1/products", "created"),
            ("v1/beneficiaries", "created"),
            ("v1/organizations", "suspended"),
            ("v1/memberships", "updated"),
            ("v1/accounts", "updated"),
        ]

    @pytest.mark.covers("QX-15")
    async def test_nothing_is_told_of_what_was_before(self, api: Api, receiver: Receiver) -> None:
        await create_invoice(api)
        await subscribe(api, INVOICES)
        await settle(api)
        assert receiver.posts == []

    async def test_other_organisations_are_not_told(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, INVOICES)
        organizations = (await api.take("GET", "/_simulator/organizations"))["organizations"]
        for one in organizations[1:]:
            await api.take("POST", "/_simulator/invoices", 201, json={"organization_id": one["id"]})
        await settle(api)
        assert receiver.posts == []

    @pytest.mark.covers("QX-08")
    async def test_a_revoked_consent_is_told_and_ends_tokens_and_subscriptions(
        self, anybody: Api, sim: Simulator, open_api: Callable[..., Api], receiver: Receiver
    ) -> None:
        tokens = await link(anybody, sim, "offline_access webhook client_invoices.read")
        mine = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
        await subscribe(mine, "v1/consent-revocations", INVOICES)
        assert await anybody.take("POST", "/_simulator/consents/revoke") == {"revoked": 1}
        await anybody.take("POST", "/_simulator/invoices", 201)
        receiver.answers = [500]
        assert await settle(anybody) == 1
        await advance(anybody, 20)
        assert [one["type"] for one in receiver.events] == ["v1/consent-revocations"] * 2
        assert receiver.events[0]["data"] == {
            "client_id": sim.client_id,
            "revoked_at": "2026-11-20T09:00:00Z",
        }
        await mine.problem("GET", PATH, 401)
        form = refresh_form(sim, tokens["refresh_token"])
        answer = await anybody.take("POST", "/oauth2/token", 400, data=form)
        assert answer["error"] == "invalid_grant"


class TestConsents:
    """``DELETE /v2/oauth2/consents``: a person disconnects the application."""

    async def test_it_ends_the_tokens_and_is_told(
        self, anybody: Api, sim: Simulator, open_api: Callable[..., Api], receiver: Receiver
    ) -> None:
        tokens = await link(anybody, sim, "offline_access webhook organization.read")
        mine = open_api(sim, Authorization=f"Bearer {tokens['access_token']}")
        await subscribe(mine, "v1/consent-revocations")
        response = await mine.delete(CONSENTS)
        assert (response.status_code, response.content) == (204, b"")
        await mine.problem("GET", "/v2/organization", 401)
        await mine.problem("DELETE", CONSENTS, 401)
        form = refresh_form(sim, tokens["refresh_token"])
        answer = await anybody.take("POST", "/oauth2/token", 400, data=form)
        assert answer["error"] == "invalid_grant"
        await settle(anybody)
        assert [one["type"] for one in receiver.events] == ["v1/consent-revocations"]
        assert receiver.events[0]["data"]["client_id"] == sim.client_id

    async def test_what_other_people_and_organisations_allowed_stays(
        self, anybody: Api, sim: Simulator, open_api: Callable[..., Api], receiver: Receiver
    ) -> None:
        mine = open_api(sim, Authorization=f"Bearer {sim.issue_access_token()}")
        books = sim.world.first
        colleague = Family(
            "colleague", sim.client_id, books.organisation.id, "another-member", ("webhook",)
        )
        token = sim.grants.issue(colleague, NOW).access_token
        theirs = open_api(sim, Authorization=f"Bearer {token}")
        organizations = (await anybody.take("GET", "/_simulator/organizations"))["organizations"]
        token = sim.issue_access_token(organization_id=organizations[1]["id"])
        elsewhere = open_api(sim, Authorization=f"Bearer {token}")
        for one in (mine, theirs, elsewhere):
            await subscribe(one, "v1/consent-revocations")
        await mine.take("DELETE", CONSENTS, 204)
        await settle(anybody)
        assert len(receiver.events) == 1
        for one in (theirs, elsewhere):
            assert len((await one.take("GET", PATH))["subscriptions"]) == 1


class TestDeliveries:
    @pytest.mark.covers("QX-14")
    def test_the_documented_signature_comes_out(self) -> None:
        at = NOW.replace(year=2024, month=1, day=1, hour=12)
        assert int(at.timestamp()) == 1_704_110_400
        assert signature("test-secret", b'{"test":"data"}', at) == (
            "t=1704110400,v1=56aff06dc227db80d6568a5070f912c601c31f20451745d257cbc0b5dfa93805"
        )

    @pytest.mark.covers("QX-14")
    async def test_every_attempt_is_signed_anew(self, api: Api, receiver: Receiver) -> None:
        made = await subscribe(api, INVOICES)
        receiver.answers = [500]
        await create_invoice(api)
        await settle(api)
        await advance(api, 20)
        first, second = receiver.posts
        assert first[1] == second[1]
        assert first[0]["x-qonto-signature"] != second[0]["x-qonto-signature"]
        assert all(is_signed(made["secret"], *post) for post in receiver.posts)
        assert not is_signed("other", *first)
        assert not is_signed(made["secret"], first[0], first[1].replace(b"created", b"Created"))

    @pytest.mark.covers("QX-15")
    async def test_a_failed_delivery_is_tried_again_at_growing_distances(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, INVOICES)
        receiver.answers = [500] * 10
        await create_invoice(api)
        await settle(api)
        for wait in (20, 60, 180, 540, 1620, 4860, 14_580, 43_740, 131_220):
            before = len(receiver.posts)
            await advance(api, wait - 1)
            assert len(receiver.posts) == before
            await advance(api, 1)
            assert len(receiver.posts) == before + 1
        assert len(receiver.posts) == 10
        await advance(api, 10**6)
        assert len(receiver.posts) == 10
        deliveries = (await api.take("GET", "/_simulator/deliveries"))["deliveries"]
        assert deliveries[0]["state"] == "dropped"
        assert {attempt["status"] for attempt in deliveries[0]["attempts"]} == {500}

    async def test_deliveries_are_chosen_by_state_and_type(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, INVOICES, "v1/transactions")
        receiver.answers = [200, 500]
        invoice = await create_invoice(api, status="unpaid")
        await pay(api, invoice["id"])
        await settle(api)

        async def chosen(**params: Any) -> list[tuple[str, str]]:
            answer = await api.take("GET", "/_simulator/deliveries", params=params)
            return [(one["type"], one["state"]) for one in answer["deliveries"]]

        everything = await chosen()
        assert everything == [
            (INVOICES, "delivered"),
            ("v1/transactions", "pending"),
            (INVOICES, "delivered"),
        ]
        assert await chosen(state="pending") == everything[1:2]
        assert await chosen(type=INVOICES, limit=1) == everything[2:]

    @pytest.mark.parametrize("status", [200, 202, 204, 299])
    async def test_any_2xx_acknowledges(self, api: Api, receiver: Receiver, status: int) -> None:
        await subscribe(api, INVOICES)
        receiver.answers = [status]
        await create_invoice(api)
        assert await settle(api) == 0

    @pytest.mark.parametrize("status", [301, 400, 404, 410, 503])
    async def test_nothing_else_does(self, api: Api, receiver: Receiver, status: int) -> None:
        await subscribe(api, INVOICES)
        receiver.answers = [status]
        await create_invoice(api)
        assert await settle(api) == 1

    @pytest.mark.covers("QX-15")
    async def test_an_answer_that_comes_too_late_counts_as_none(
        self, api: Api, receiver: Receiver
    ) -> None:
        assert (await api.take("GET", "/_simulator/quirks"))["quirks"]["delivery_timeout"] == 1.0
        await api.take("POST", "/_simulator/quirks", json={"delivery_timeout": 0.02})
        await subscribe(api, INVOICES)
        receiver.delay = 0.2
        await create_invoice(api)
        assert await settle(api) == 1
        delivery = (await api.take("GET", "/_simulator/deliveries"))["deliveries"][0]
        assert delivery["attempts"][0]["status"] is None
        assert delivery["attempts"][0]["error"] == "no answer in time"

    @pytest.mark.covers("QX-15")
    async def test_a_delivered_event_can_come_again_byte_for_byte(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, INVOICES)
        await create_invoice(api)
        await settle(api)
        id = receiver.events[0]["id"]
        answer = await api.take("POST", f"/_simulator/events/{id}/resend")
        assert answer["delivery"]["duplicate"] is True
        await settle(api)
        assert receiver.posts[0][1] == receiver.posts[1][1]
        await api.take("POST", "/_simulator/events/nope/resend", 404)

    async def test_events_can_be_held_and_come_in_reverse(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, INVOICES)
        await api.take("POST", "/_simulator/deliveries/hold")
        invoice = await create_invoice(api, status="unpaid")
        await pay(api, invoice["id"])
        assert await settle(api) == 0
        assert receiver.posts == []
        answer = await api.take("POST", "/_simulator/deliveries/release", json={"order": "reverse"})
        assert answer == {"released": 2}
        await settle(api)
        assert [one["data"]["event"] for one in receiver.events] == ["updated", "created"]

    async def test_the_body_is_what_was_true_then(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, INVOICES)
        receiver.answers = [500]
        invoice = await create_invoice(api, status="unpaid")
        await settle(api)
        await api.take("POST", f"/v2/client_invoices/{invoice['id']}/mark_as_canceled")
        await advance(api, 20)
        retried = next(one for one in receiver.events[1:] if one["data"]["event"] == "created")
        assert retried["data"]["status"] == "unpaid"
        assert (await get_invoice(api, invoice["id"]))["status"] == "canceled"

    async def test_a_secret_is_for_good(self, api: Api, receiver: Receiver) -> None:
        made = await subscribe(api, INVOICES)
        body = {"callback_url": CALLBACK, "types": [INVOICES], "secret": "n" * 40}
        await api.take("PUT", f"{PATH}/{made['id']}", json=body)
        await create_invoice(api)
        await settle(api)
        assert is_signed(made["secret"], *receiver.posts[0])

    async def test_running_it_delivers_by_itself(self, api: Api, receiver: Receiver) -> None:
        await subscribe(api, INVOICES)
        await create_invoice(api)
        async with asyncio.timeout(30):
            await receiver.got_one.wait()
        assert json.loads(receiver.posts[0][1])["type"] == INVOICES
