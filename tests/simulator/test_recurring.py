"""Recurring invoices: which invoices come of them, and when they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api, Receiver, create_invoice, subscribe

PATH = "/v2/recurring_invoices"
CONTROL = "/_simulator/recurring_invoices"
DAY = 86_400


@pytest.fixture
def api(key_api: Api) -> Api:
    """A key, which outlives the weeks that pass here."""
    return key_api


async def repeat(api: Api, **fields: Any) -> dict[str, Any]:
    """A series whose invoices can be told from others by their total."""
    lines = [{"title": "Rent", "quantity": "1", "unit_price": _price("77.00"), "vat_rate": "0.2"}]
    invoice = await create_invoice(api, status="unpaid", items=lines)
    answer = await api.take("POST", CONTROL, 201, json={"invoice_id": invoice["id"], **fields})
    await api.take("POST", f"/v2/client_invoices/{invoice['id']}/mark_as_canceled")
    return answer["recurring_invoice"]


def _price(value: str) -> dict[str, str]:
    return {"value": value, "currency": "EUR"}


async def wait(api: Api, days: float) -> None:
    await api.take("POST", "/_simulator/clock", json={"advance": days * DAY})


async def issued(api: Api) -> list[dict[str, Any]]:
    """The invoices of the series, oldest first."""
    params = {"sort_by": "created_at:asc", "per_page": 500}
    found = (await api.take("GET", "/v2/client_invoices", params=params))["client_invoices"]
    return [
        one
        for one in found
        if one["items"] and one["items"][0]["title"] == "Rent" and one["status"] != "canceled"
    ]


async def days(api: Api) -> list[str]:
    return [one["issue_date"] for one in await issued(api)]


async def show(api: Api, series: dict[str, Any]) -> dict[str, Any]:
    return (await api.take("GET", f"{PATH}/{series['id']}"))["recurring_invoice"]


async def become(api: Api, series: dict[str, Any], status: str, answer: int = 200) -> None:
    await api.take("PATCH", f"{CONTROL}/{series['id']}", answer, json={"status": status})


async def test_the_first_invoice_is_issued_on_its_day_at_six(api: Api) -> None:
    made = await repeat(api, start_date="2026-11-30", payment_terms_days=14)
    assert (made["status"], made["next_invoice_date"]) == ("scheduled", "2026-11-30")
    assert (await api.take("GET", PATH))["recurring_invoices"][0] == made
    await wait(api, 9.8)
    assert await issued(api) == []
    await wait(api, 0.1)
    (invoice,) = await issued(api)
    assert invoice["created_at"] == "2026-11-30T06:00:00+01:00"
    assert (invoice["status"], invoice["due_date"]) == ("unpaid", "2026-12-14")
    assert invoice["total_amount"]["value"] == "92.40"
    assert invoice["client"]["id"] == made["client"]["id"]
    series = await show(api, made)
    assert (series["status"], series["invoice_id"]) == ("active", invoice["id"])
    assert series["next_invoice_date"] == "2026-12-30"


async def test_a_series_that_starts_today_issues_at_once(api: Api) -> None:
    made = await repeat(api)
    (invoice,) = await issued(api)
    assert invoice["issue_date"] == "2026-11-20"
    assert (await show(api, made))["next_invoice_date"] == "2026-12-20"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"recurrence": "weekly"}, ["2026-11-30", "2026-12-07", "2026-12-14"]),
        ({"recurrence": "weekly", "every": 3}, ["2026-11-30", "2026-12-21", "2027-01-11"]),
        ({"start_date": "2026-12-31"}, ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]),
        ({"every": 2}, ["2026-11-30", "2027-01-30", "2027-03-30"]),
        ({"recurrence": "quarterly"}, ["2026-11-30", "2027-02-28", "2027-05-30"]),
        ({"recurrence": "yearly"}, ["2026-11-30", "2027-11-30"]),
    ],
)
async def test_the_days_are_those_of_the_schedule(
    api: Api, fields: dict[str, Any], expected: list[str]
) -> None:
    made = await repeat(api, **{"start_date": "2026-11-30", "end_date": expected[-1], **fields})
    await wait(api, 800)
    assert await days(api) == expected
    ended = await show(api, made)
    assert (ended["status"], ended["next_invoice_date"]) == ("finished", None)
    assert ended["end_date"] == expected[-1]


async def test_drafts_can_recur(api: Api) -> None:
    await repeat(api, invoice_status="draft")
    (draft,) = await issued(api)
    assert draft["status"] == "draft"
    assert draft["number"].endswith("-PROFORMA")


async def test_the_client_is_the_one_of_today(api: Api) -> None:
    made = await repeat(api, start_date="2026-12-01")
    await api.take("PATCH", f"/v2/clients/{made['client']['id']}", json={"name": "Chez Nous"})
    await wait(api, 20)
    assert (await issued(api))[0]["client"]["name"] == "Chez Nous"


async def test_an_issued_invoice_is_announced_reminded_of_and_gets_a_file(
    api: Api, sim: Simulator, open_api: Callable[..., Api], receiver: Receiver
) -> None:
    linked = open_api(sim, Authorization=f"Bearer {sim.issue_access_token()}")
    await subscribe(linked, "v1/client-invoices")
    made = await repeat(api, start_date="2026-12-01", payment_terms_days=0)
    body = {
        "client_id": made["client"]["id"],
        "send_to": ["a@b.example"],
        "rules": [{"email_title": "Today", "operator": "on", "offset_days": 0}],
    }
    await api.take("POST", "/v2/reminders", json=body)
    await wait(api, 12)
    (invoice,) = await issued(api)
    assert invoice["attachment_id"]
    await api.take("POST", "/_simulator/settle")
    told = [one["data"] for one in receiver.events if one["data"]["id"] == invoice["id"]]
    assert [one["event"] for one in told] == ["created"]
    mails = (await api.take("GET", "/_simulator/mails"))["mails"]
    sent = [one["at"] for one in mails if one["document_id"] == invoice["id"]]
    assert sent == ["2026-12-01T08:00:00.000Z"]


async def test_a_suspended_series_rests_and_goes_on_without_what_it_missed(api: Api) -> None:
    made = await repeat(api, recurrence="weekly")
    await wait(api, 1)
    await become(api, made, "suspended")
    assert (await show(api, made))["next_invoice_date"] is None
    await wait(api, 20)
    await become(api, made, "active")
    await become(api, made, "active")
    assert (await show(api, made))["next_invoice_date"] == "2026-12-18"
    await wait(api, 7)
    assert await days(api) == ["2026-11-20", "2026-12-18"]


async def test_a_series_suspended_and_resumed_in_between_issues_once(api: Api) -> None:
    made = await repeat(api, start_date="2026-12-01")
    for status in ("suspended", "active", "suspended", "active"):
        await become(api, made, status)
    assert (await show(api, made))["status"] == "scheduled"
    await wait(api, 20)
    assert await days(api) == ["2026-12-01"]


async def test_what_is_over_stays_over(api: Api) -> None:
    made = await repeat(api, start_date="2026-12-01")
    await become(api, made, "canceled")
    for status in ("active", "suspended", "canceled"):
        await become(api, made, status, 422)
    await wait(api, 60)
    assert await issued(api) == []
    await become(api, {"id": "nope"}, "active", 404)


async def test_a_deleted_client_cancels_its_series(api: Api) -> None:
    made, other = await repeat(api), (await api.take("GET", PATH))["recurring_invoices"][-1]
    await wait(api, 1)
    await api.take("DELETE", f"/v2/clients/{made['client']['id']}", 204)
    await wait(api, 60)
    assert len(await issued(api)) == 1
    ended = await show(api, made)
    assert (ended["status"], ended["next_invoice_date"]) == ("canceled", None)
    if other["client"]["id"] != made["client"]["id"]:
        assert (await show(api, other))["status"] == other["status"]


@pytest.mark.parametrize(
    "organization", [{"automatic_numbering": False}, {"einvoicing": "disabled"}]
)
async def test_a_series_that_can_not_issue_is_suspended(
    sim: Simulator, open_api: Callable[..., Api], organization: dict[str, Any]
) -> None:
    """By hand numbers have to be typed; in Italy nothing is issued without e-invoicing."""
    italian = sim.control.organizations()[1]
    slug = italian["slug"]
    api = open_api(sim, Authorization=f"{slug}:{italian['secret_key']}")
    made = (await api.take("POST", CONTROL, 201, json={"organization_id": slug}))[
        "recurring_invoice"
    ]
    body = {"organization_id": slug, **organization}
    await api.take("PATCH", "/_simulator/organizations", json=body)
    before = (await api.take("GET", "/v2/client_invoices"))["meta"]["total_count"]
    await wait(api, 60)
    assert (await show(api, made))["status"] == "suspended"
    assert (await api.take("GET", "/v2/client_invoices"))["meta"]["total_count"] == before
    series = (await api.take("GET", PATH))["recurring_invoices"]
    assert {one["status"] for one in series} == {"suspended"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"start_date": "2026-11-19"}, 422),
        ({"start_date": "2026-12-01", "end_date": "2026-11-30"}, 422),
        ({"organization_id": "taller-poblenou-5512"}, 422),
        ({"organization_id": "nope"}, 404),
        ({"invoice_id": "nope"}, 404),
        ({"recurrence": "daily"}, 400),
        ({"every": 0}, 400),
    ],
)
async def test_a_schedule_that_can_not_be_is_refused(
    api: Api, fields: dict[str, Any], status: int
) -> None:
    await api.take("POST", CONTROL, status, json=fields)


async def test_neither_an_empty_draft_nor_a_lost_client_is_repeated(api: Api) -> None:
    invoice = await create_invoice(api)
    await api.take("DELETE", f"/v2/clients/{invoice['client']['id']}", 204)
    await api.take("POST", CONTROL, 422, json={"invoice_id": invoice["id"]})


async def test_after_six_hundred_invoices_a_series_is_finished(api: Api) -> None:
    made = await repeat(api, recurrence="weekly")
    await wait(api, 365 * 12)
    ended = await show(api, made)
    assert (ended["status"], ended["next_invoice_date"]) == ("finished", None)
    found = await api.take("GET", "/v2/client_invoices", params={"per_page": 1})
    total = found["meta"]["total_count"]
    await wait(api, 27)
    found = await api.take("GET", "/v2/client_invoices", params={"per_page": 1})
    assert total >= 600
    assert found["meta"]["total_count"] - total <= 1, "the seeded monthly series alone goes on"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_the_api_does_not_write_them(api: Api, method: str) -> None:
    path = PATH if method == "POST" else f"{PATH}/nope"
    await api.problem(method, path, 405, json={})
