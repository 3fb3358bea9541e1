"""Reminders: how they are set, and which e-mails come of them as time goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api, client_named, create_invoice

PATH = "/v2/reminders"
SAMPLE = Path(__file__).parent / "samples" / "reminder.create.request.json"
DAY = 86_400


@pytest.fixture
def api(key_api: Api) -> Api:
    """A key, which outlives the weeks that pass here."""
    return key_api


def rule(**changes: Any) -> dict[str, Any]:
    fields = {"email_title": "Please pay", "offset_days": 3, "operator": "after", **changes}
    return {name: value for name, value in fields.items() if value is not None}


async def body(api: Api, **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "client_id": (await client_named(api, "Brasserie"))["id"],
        "send_to": ["caisse@brasserie.example"],
        "copy_to_self": False,
        "rules": [rule()],
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def remind(api: Api, *rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = await body(api, rules=list(rules), **changes)
    return (await api.take("POST", PATH, json=made))["reminder"]


async def wait(api: Api, days: float) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": days * DAY})


async def mailed(api: Api, invoice: dict[str, Any]) -> list[tuple[str, str]]:
    """When which reminder of an invoice was mailed."""
    mails = (await api.take("GET", "/_simulator/mails"))["mails"]
    return [(one["at"], one["title"]) for one in mails if one["document_id"] == invoice["id"]]


async def add_on(api: Api, there: bool) -> None:
    await api.take("PATCH", "/_simulator/organizations", json={"invoice_automation": there})


class TestWriting:
    async def test_a_reminder_is_set_shown_and_listed(self, api: Api) -> None:
        sent = {**json.loads(SAMPLE.read_text("utf-8"))}
        sent["client_id"] = (await client_named(api, "Northwind"))["id"]
        made = (await api.take("POST", PATH, json=sent))["reminder"]
        assert {name: made[name] for name in ("client_id", "send_to", "copy_to_self")} == {
            name: sent[name] for name in ("client_id", "send_to", "copy_to_self")
        }
        assert [one["offset_days"] for one in made["rules"]] == [3, 14]
        assert [one["operator"] for one in made["rules"]] == ["after", "after"]
        assert [one["email_body"] is None for one in made["rules"]] == [False, True]
        assert (await api.take("GET", f"{PATH}/{made['id']}"))["reminder"] == made
        listed = await api.take("GET", PATH, params={"client_ids": sent["client_id"]})
        assert listed["reminders"] == [made]

    async def test_a_second_one_of_a_client_replaces_the_first(self, api: Api) -> None:
        before = (await api.take("GET", PATH))["meta"]["total_count"]
        first = await remind(api, rule(), copy_to_self=True)
        second = await remind(api, rule(offset_days=9), rule(operator="on", offset_days=0))
        assert (second["id"], second["created_at"]) == (first["id"], first["created_at"])
        assert [one["offset_days"] for one in second["rules"]] == [9, 0]
        listed = await api.take("GET", PATH)
        assert listed["meta"]["total_count"] == before
        assert second in listed["reminders"]

    async def test_a_put_replaces_everything_but_the_client(self, api: Api) -> None:
        made = await remind(api, rule())
        path = f"{PATH}/{made['id']}"
        other = (await client_named(api, "Northwind"))["id"]
        changed = await body(api, client_id=other, send_to=["a@b.example"], rules=[rule()] * 5)
        del changed["copy_to_self"]
        answer = (await api.take("PUT", path, json=changed))["reminder"]
        assert answer["client_id"] == made["client_id"]
        assert answer["send_to"] == ["a@b.example"]
        assert answer["copy_to_self"] is True
        assert len(answer["rules"]) == 5
        problem = await api.problem("PUT", path, 422, json={"rules": [rule()]})
        assert problem["source"]["pointer"] == "/data/attributes/send_to"

    async def test_a_deleted_one_is_gone(self, api: Api) -> None:
        made = await remind(api, rule())
        path = f"{PATH}/{made['id']}"
        await api.take("DELETE", path, 204)
        for method in ("GET", "PUT", "DELETE"):
            await api.problem(method, path, 404, json=await body(api))

    async def test_the_client_takes_its_reminder_along(self, api: Api) -> None:
        made = await remind(api, rule())
        await api.take("DELETE", f"/v2/clients/{made['client_id']}", 204)
        await api.problem("GET", f"{PATH}/{made['id']}", 404)

    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"client_id": None}, "client_id", "required"),
            ({"client_id": "nope"}, "client_id", "invalid_client_id"),
            ({"send_to": None}, "send_to", "required"),
            ({"send_to": []}, "send_to", "required"),
            ({"send_to": ["nobody"]}, "send_to", "invalid"),
            ({"copy_to_self": "no"}, "copy_to_self", "invalid"),
            ({"rules": None}, "rules", "required"),
            ({"rules": []}, "rules", "required"),
            ({"rules": [rule()] * 6}, "rules", "invalid"),
            ({"rules": ["later"]}, "rules/0", "invalid"),
            ({"rules": [rule(email_title=None)]}, "rules/0/email_title", "required"),
            ({"rules": [rule(offset_days=None)]}, "rules/0/offset_days", "required"),
            ({"rules": [rule(offset_days=1.5)]}, "rules/0/offset_days", "invalid"),
            ({"rules": [rule(offset_days=-1)]}, "rules/0/offset_days", "invalid"),
            ({"rules": [rule(), rule(offset_days=366)]}, "rules/1/offset_days", "invalid"),
            ({"rules": [rule(operator="on")]}, "rules/0/offset_days", "invalid"),
            ({"rules": [rule(operator="later")]}, "rules/0/operator", "not_in_list"),
        ],
    )
    async def test_what_can_not_be_is_named(
        self, api: Api, changes: dict[str, Any], pointer: str, code: str
    ) -> None:
        before = await api.take("GET", PATH)
        problem = await api.problem("POST", PATH, 422, json=await body(api, **changes))
        assert problem["code"] == code
        assert problem["source"]["pointer"] == f"/data/attributes/{pointer}"
        assert await api.take("GET", PATH) == before


class TestAddOn:
    async def test_without_the_add_on_every_call_is_refused(self, api: Api) -> None:
        made = await remind(api, rule())
        path = f"{PATH}/{made['id']}"
        await add_on(api, False)
        for method, url in (
            *(("GET", PATH), ("POST", PATH)),
            *(("GET", path), ("PUT", path), ("DELETE", path)),
        ):
            problem = await api.problem(method, url, 403, json=await body(api))
            assert problem["code"] == "forbidden"

    async def test_its_removal_deletes_all_reminders_and_mails_nothing_more(
        self, api: Api, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        organization = sim.control.organizations()[2]
        key = f"{organization['slug']}:{organization['secret_key']}"
        other = open_api(sim, Authorization=key)
        theirs = await other.take("GET", PATH)
        invoice = await create_invoice(api, status="unpaid")
        await remind(api, rule())
        await add_on(api, False)
        await add_on(api, True)
        assert (await api.take("GET", PATH))["reminders"] == []
        assert await other.take("GET", PATH) == theirs
        await wait(api, 60)
        assert await mailed(api, invoice) == []


class TestMailing:
    """Today is 20 November; the invoice is due on 20 December."""

    async def test_each_rule_mails_on_its_day_at_nine(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await remind(
            api,
            rule(email_title="late", offset_days=10),
            rule(email_title="today", operator="on", offset_days=None),
            rule(email_title="soon", operator="before", offset_days=7),
        )
        await wait(api, 22.9)
        assert await mailed(api, invoice) == []
        await wait(api, 60)
        assert await mailed(api, invoice) == [
            ("2026-12-13T08:00:00.000Z", "soon"),
            ("2026-12-20T08:00:00.000Z", "today"),
            ("2026-12-30T08:00:00.000Z", "late"),
        ]

    async def test_an_e_mail_is_what_the_rule_says_or_qonto_s_own_words(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        made = await remind(api, rule(email_body="At once."), rule(offset_days=4))
        await wait(api, 60)
        mails = (await api.take("GET", "/_simulator/mails"))["mails"]
        first, second = (one for one in mails if one["document_id"] == invoice["id"])
        assert first == {
            "at": "2026-12-23T08:00:00.000Z",
            "document": "client_invoice",
            "document_id": invoice["id"],
            "to": ["caisse@brasserie.example"],
            "title": "Please pay",
            "body": "At once.",
            "copy_to_self": False,
            "reminder_id": made["id"],
        }
        text = f"La facture {invoice['number']} est à régler au plus tard le 2026-12-20."
        assert second["body"] == text

    async def test_an_invoice_made_later_is_reminded_of_as_well(self, api: Api) -> None:
        await remind(api, rule())
        draft = await create_invoice(api)
        unpaid = await create_invoice(api, status="unpaid")
        await wait(api, 1)
        await api.take("POST", f"/v2/client_invoices/{draft['id']}/finalize")
        left = await create_invoice(api)
        await wait(api, 60)
        for invoice in (draft, unpaid):
            assert await mailed(api, invoice) == [("2026-12-23T08:00:00.000Z", "Please pay")]
        assert await mailed(api, left) == []

    async def test_the_clock_may_be_set_to_summer(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid", due_date="2027-04-01")
        await remind(api, rule())
        await wait(api, 200)
        assert await mailed(api, invoice) == [("2027-04-04T07:00:00.000Z", "Please pay")]

    async def test_what_is_over_is_not_made_up_for(self, api: Api) -> None:
        today = await create_invoice(api, status="unpaid", due_date="2026-11-20")
        await remind(api, rule(operator="on", offset_days=0), rule(operator="before"))
        await wait(api, 60)
        assert await mailed(api, today) == []

    @pytest.mark.parametrize("action", ["mark_as_paid", "mark_as_canceled"])
    async def test_it_stops_when_nothing_is_owed(self, api: Api, action: str) -> None:
        invoice = await create_invoice(api, status="unpaid")
        await remind(api, rule(), rule(offset_days=5))
        await wait(api, 34)
        assert len(await mailed(api, invoice)) == 1
        await api.take("POST", f"/v2/client_invoices/{invoice['id']}/{action}")
        await wait(api, 60)
        assert len(await mailed(api, invoice)) == 1

    async def test_it_goes_on_when_a_payment_is_taken_back(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        path = f"/v2/client_invoices/{invoice['id']}"
        await remind(api, rule(), rule(offset_days=5), rule(offset_days=9))
        await wait(api, 34)
        await api.take("POST", f"{path}/mark_as_paid")
        await wait(api, 2)
        await api.take("POST", f"{path}/unmark_as_paid")
        await wait(api, 60)
        days = [at[:10] for at, _ in await mailed(api, invoice)]
        assert days == ["2026-12-23", "2026-12-29"]

    async def test_a_replaced_rule_does_not_mail(self, api: Api) -> None:
        invoice = await create_invoice(api, status="unpaid")
        made = await remind(api, rule(email_title="old"), rule(email_title="same", offset_days=4))
        await wait(api, 34)
        later = [rule(email_title="same", offset_days=4), rule(email_title="new", offset_days=6)]
        changed = await body(api, rules=later)
        await api.take("PUT", f"{PATH}/{made['id']}", json=changed)
        await wait(api, 60)
        titles = [title for _, title in await mailed(api, invoice)]
        assert titles == ["old", "same", "new"]

    async def test_another_client_has_a_reminder_of_its_own(self, api: Api) -> None:
        await remind(api, rule())
        other = (await client_named(api, "Northwind"))["id"]
        invoice = await create_invoice(api, status="unpaid", client_id=other)
        await wait(api, 60)
        assert [title for _, title in await mailed(api, invoice)] == ["Your invoice is due today"]
