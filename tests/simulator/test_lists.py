"""Pages, filters, orders and the oddities of lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from .support import Api, create_invoice

LIST = "/v2/client_invoices"


async def ids(api: Api, path: str = LIST, **params: Any) -> list[str]:
    """The ids on all pages."""
    key, found, page = path.rsplit("/", 1)[-1], [], 1
    while True:
        answer = await api.take("GET", path, params={**params, "page": page})
        found += [one["id"] for one in answer[key]]
        if not isinstance(answer["meta"].get("next_page"), int):
            return found
        page = answer["meta"]["next_page"]


async def quirk(api: Api, **quirks: Any) -> None:
    await api.take("POST", "/_simulator/quirks", json=quirks)


async def test_meta_tells_where_one_is(api: Api) -> None:
    answer = await api.take("GET", LIST, params={"per_page": 5, "page": 2})
    assert len(answer["client_invoices"]) == 5
    assert answer["meta"] == {
        "current_page": 2,
        "next_page": 3,
        "prev_page": 1,
        "total_pages": 3,
        "total_count": 12,
        "per_page": 5,
    }


async def test_the_ends_have_no_neighbours(api: Api) -> None:
    first = (await api.take("GET", LIST, params={"per_page": 5}))["meta"]
    last = (await api.take("GET", LIST, params={"per_page": 5, "page": 3}))["meta"]
    assert (first["prev_page"], first["next_page"]) == (None, 2)
    assert (last["prev_page"], last["next_page"]) == (2, None)


@pytest.mark.parametrize("per_page", [1, 5, 7, 100])
async def test_pages_hold_every_record_once(api: Api, per_page: int) -> None:
    found = await ids(api, per_page=per_page)
    assert len(found) == len(set(found)) == 12
    assert found == await ids(api)


@pytest.mark.covers("QX-43")
async def test_current_page_is_not_a_parameter(api: Api) -> None:
    answer = await api.take("GET", LIST, params={"per_page": 5, "current_page": 2})
    assert answer["meta"]["current_page"] == 1


@pytest.mark.parametrize("path", ["/v2/transactions", "/v2/labels", "/v2/memberships"])
async def test_older_lists_know_the_page_as_current_page_too(api: Api, path: str) -> None:
    account = (await api.take("GET", "/v2/bank_accounts"))["bank_accounts"][0]
    query = {"per_page": 1, "bank_account_id": account["id"]}
    name = path.rsplit("/", 1)[-1]
    second = await api.take("GET", path, params={**query, "page": 2})
    assert (await api.take("GET", path, params={**query, "current_page": 2})) == second
    both = await api.take("GET", path, params={**query, "current_page": 1, "page": 2})
    assert both[name] == second[name]
    problem = await api.problem("GET", path, 422, params={**query, "current_page": 0})
    assert problem["source"]["parameter"] == "current_page"


@pytest.mark.parametrize(
    ("path", "default", "most"),
    [
        ("client_invoices", 100, 500),
        ("quotes", 100, 500),
        ("credit_notes", 100, 100),
        ("clients", 100, 100),
        ("supplier_invoices", 25, 100),
        ("sepa/beneficiaries", 25, 100),
    ],
)
async def test_each_list_has_its_own_limits(api: Api, path: str, default: int, most: int) -> None:
    assert (await api.take("GET", f"/v2/{path}"))["meta"]["per_page"] == default
    full = await api.take("GET", f"/v2/{path}", params={"per_page": most})
    assert full["meta"]["per_page"] == most
    await api.problem("GET", f"/v2/{path}", 422, params={"per_page": most + 1})


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=0", "per_page=501", "page=-1"])
async def test_a_page_outside_the_limits_is_refused(api: Api, query: str) -> None:
    problem = await api.problem("GET", f"{LIST}?{query}", 422)
    assert problem["source"]["parameter"] == query.partition("=")[0]


@pytest.mark.covers("QX-44")
async def test_beyond_the_last_page_there_is_nothing_or_as_told_a_refusal(api: Api) -> None:
    answer = await api.take("GET", LIST, params={"page": 2})
    assert answer["client_invoices"] == []
    await quirk(api, page_past_end_is_422=True)
    problem = await api.problem("GET", LIST, 422, params={"page": 2})
    assert problem["source"] == {"parameter": "page"}
    assert await api.take("GET", LIST, params={"page": 1, "filter[number]": "none"})


@pytest.mark.covers("QX-42")
async def test_next_page_can_be_absent_on_the_last_page(api: Api) -> None:
    await quirk(api, omit_next_page=True)
    first = (await api.take("GET", LIST, params={"per_page": 5}))["meta"]
    last = (await api.take("GET", LIST, params={"per_page": 5, "page": 3}))["meta"]
    assert first["next_page"] == 2
    assert "next_page" not in last


@pytest.mark.covers("QX-42")
async def test_empty_values_can_be_mixed_without_touching_what_strict_clients_need(
    api: Api,
) -> None:
    plain = (await api.take("GET", LIST))["client_invoices"]
    await quirk(api, mix_empty=True)
    mixed = (await api.take("GET", LIST))["client_invoices"]
    assert mixed == (await api.take("GET", LIST))["client_invoices"]
    kinds: set[str] = set()
    for before, after in zip(plain, mixed, strict=True):
        for key, value in before.items():
            if value not in (None, "") and not isinstance(value, dict):
                assert after[key] == value
            elif value in (None, ""):
                kinds.add(repr(after[key]) if key in after else "absent")
        for key in ("updated_at", "contact_email", "header", "footer", "issue_date", "items"):
            assert key in after
    assert kinds == {"None", "''", "absent"}


@pytest.mark.covers("QX-45")
async def test_records_can_move_between_pages(api: Api) -> None:
    order = {"sort_by": "updated_at:asc", "per_page": 4}
    quiet = [one for page in (1, 2, 3) for one in await page_ids(api, page, **order)]
    assert len(set(quiet)) == 12
    await quirk(api, churn=3)
    moving = [one for page in (1, 2, 3) for one in await page_ids(api, page, **order)]
    assert len(set(moving)) < 12


async def page_ids(api: Api, page: int, **params: Any) -> list[str]:
    answer = await api.take("GET", LIST, params={**params, "page": page})
    return [one["id"] for one in answer["client_invoices"]]


async def test_a_fixed_upper_bound_makes_a_moving_list_complete(api: Api) -> None:
    everything = set(await ids(api))
    await api.take("POST", "/_simulator/clock", json={"advance": 60})
    await quirk(api, churn=2)
    window = {"filter[updated_at_to]": "2026-11-20T09:00:30Z", "sort_by": "updated_at:asc"}
    seen: set[str] = set()
    while True:
        answer = await api.take("GET", LIST, params={**window, "per_page": 4})
        if not answer["client_invoices"]:
            break
        seen |= {one["id"] for one in answer["client_invoices"]}
        await quirk(api, churn=4)
    late = {"filter[updated_at_from]": "2026-11-20T09:00:30Z"}
    assert seen | set(await ids(api, **late)) == everything


@pytest.mark.parametrize(
    "query",
    [
        "filter[status]=paid,unpaid",
        "filter[status]=paid&filter[status]=unpaid",
        "filter[status][]=paid&filter[status][]=unpaid",
    ],
)
async def test_several_statuses_come_in_three_spellings(api: Api, query: str) -> None:
    answer = await api.take("GET", f"{LIST}?{query}")
    assert {one["status"] for one in answer["client_invoices"]} == {"paid", "unpaid"}
    assert answer["meta"]["total_count"] == len(answer["client_invoices"])


@pytest.mark.parametrize("status", ["draft", "unpaid", "paid", "canceled"])
async def test_each_status_returns_only_its_own(api: Api, status: str) -> None:
    answer = await api.take("GET", LIST, params={"filter[status]": status})
    assert {one["status"] for one in answer["client_invoices"]} == {status}


@pytest.mark.parametrize("status", ["overdue", "cancelled", "PAID"])
async def test_a_status_that_does_not_exist_is_refused(api: Api, status: str) -> None:
    problem = await api.problem("GET", LIST, 422, params={"filter[status]": status})
    assert problem["code"] == "not_in_list"


async def test_windows_of_time_include_both_ends(api: Api) -> None:
    everything = (await api.take("GET", LIST))["client_invoices"]
    at = everything[4]["created_at"]
    since = {"filter[created_at_from]": at}
    until = {"filter[created_at_to]": at}
    assert len(await ids(api, **since)) == 5
    assert len(await ids(api, **until)) == 8
    assert await ids(api, **since, **until) == [everything[4]["id"]]
    changed = everything[4]["updated_at"]
    window = {"filter[updated_at_from]": changed, "filter[updated_at_to]": changed}
    assert await ids(api, **window) == [everything[4]["id"]]


async def test_instants_may_have_any_offset_even_an_unescaped_one(api: Api) -> None:
    new = await create_invoice(api)
    for text in ("2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00Z", "2026-11-20T09:00:00.000Z"):
        assert await ids(api, **{"filter[created_at_from]": text}) == [new["id"]]
    answer = await api.take("GET", f"{LIST}?filter[created_at_from]=2026-11-20T10:00:00+01:00")
    assert answer["meta"]["total_count"] == 1
    for text in ("yesterday", "2026-13-01", "1700000000"):
        await api.problem("GET", LIST, 422, params={"filter[created_at_from]": text})


async def test_filters_combine(api: Api) -> None:
    params = {
        "filter[status]": "paid,canceled",
        "filter[updated_at_from]": "2026-09-20T00:00:00Z",
        "filter[created_at_to]": "2026-09-30T00:00:00Z",
        "sort_by": "created_at:asc",
    }
    found = (await api.take("GET", LIST, params=params))["client_invoices"]
    assert [one["status"] for one in found] == ["paid", "paid"]
    assert found[0]["created_at"] < found[1]["created_at"]


async def test_lists_sort_by_creation_and_change(api: Api) -> None:
    down = await ids(api)
    assert await ids(api, sort_by="created_at:asc") == down[::-1]
    await api.take("PATCH", f"/_simulator/invoices/{down[7]}", json={"footer": "seen"})
    assert (await ids(api, sort_by="updated_at:desc"))[0] == down[7]
    assert (await ids(api, sort_by="updated_at:asc"))[-1] == down[7]
    for wrong in ("total:asc", "created_at:up", "number"):
        problem = await api.problem("GET", LIST, 422, params={"sort_by": wrong})
        assert problem["code"] == "not_in_list"


async def test_due_dates_and_numbers_filter(api: Api) -> None:
    everything = (await api.take("GET", LIST))["client_invoices"]
    day = everything[3]["due_date"]
    same = [one["id"] for one in everything if one["due_date"] == day]
    assert await ids(api, **{"filter[due_date]": day}) == same
    between = {"filter[due_date_from]": "2026-11-01", "filter[due_date_to]": "2026-11-30"}
    expected = [one["id"] for one in everything if one["due_date"].startswith("2026-11")]
    assert await ids(api, **between) == expected
    number = everything[3]["number"]
    assert await ids(api, **{"filter[number]": number}) == [everything[3]["id"]]


async def test_imported_invoices_show_only_on_request(api: Api) -> None:
    made = await api.take("POST", "/_simulator/invoices", 201, json={"imported": True})
    hidden = made["client_invoice"]["id"]
    assert hidden not in await ids(api)
    assert hidden not in await ids(api, exclude_imported="true")
    assert hidden in await ids(api, exclude_imported="false")
    assert await api.take("GET", f"{LIST}/{hidden}")


async def test_lists_can_leave_the_heavy_parts_out(api: Api) -> None:
    full = (await api.take("GET", LIST))["client_invoices"][0]
    await quirk(api, list_omits_heavy=True)
    light = (await api.take("GET", LIST))["client_invoices"][0]
    assert full.keys() - light.keys() == {"organization", "einvoicing_lifecycle_events"}
    single = (await api.take("GET", f"{LIST}/{light['id']}"))["client_invoice"]
    assert "organization" in single


async def test_generated_documents_page_like_the_others(api: Api) -> None:
    counts = {"client_invoices": 700, "supplier_invoices": 300, "clients": 120}
    for kind, count in counts.items():
        answer = await api.take(
            "POST", "/_simulator/generate", 201, json={"kind": kind, "count": count}
        )
        assert answer == {"generated": count}
        found = await ids(api, f"/v2/{kind}", per_page=100)
        assert len(found) == len(set(found)) >= count
    for order in ("created_at:asc", "updated_at:desc"):
        found = await ids(api, sort_by=order)
        assert len(found) == len(set(found)) == 712
    some = (await api.take("GET", LIST, params={"filter[status]": "paid", "page": 2}))[
        "client_invoices"
    ][0]
    attachment = await api.take("GET", f"/v2/attachments/{some['attachment_id']}")
    link = attachment["attachment"]["url"]
    assert (await api.get(link, headers={"Authorization": ""})).status_code == 400
    del api.headers["Authorization"]
    assert (await api.get(link)).content.startswith(b"%PDF")


FILTERS: tuple[dict[str, str], ...] = (
    {},
    {"filter[status]": "paid"},
    {"filter[status]": "draft,canceled"},
    {"filter[updated_at_from]": "2026-03-01T00:00:00Z"},
    {"filter[updated_at_to]": "2026-03-01T00:00:00Z"},
    {
        "filter[updated_at_from]": "2026-05-01T00:00:00Z",
        "filter[updated_at_to]": "2026-05-03T00:00:00Z",
    },
    {"filter[created_at_from]": "2026-08-01T00:00:00Z", "filter[status]": "unpaid"},
    {"filter[updated_at_from]": "2026-02-01T00:00:00Z", "filter[status]": "paid,unpaid"},
    {
        "filter[created_at_to]": "2026-06-01T00:00:00Z",
        "filter[updated_at_from]": "2026-05-20T00:00:00Z",
    },
)


@pytest.mark.parametrize("order", ["created_at", "updated_at"])
async def test_long_lists_answer_as_if_everything_had_been_looked_at(api: Api, order: str) -> None:
    count = {"kind": "client_invoices", "count": 1500}
    await api.take("POST", "/_simulator/generate", 201, json=count)
    everything: list[dict[str, Any]] = []
    for page in range(1, 17):
        answer = await api.take("GET", LIST, params={"page": page})
        everything += answer["client_invoices"]
    for id in [one["id"] for one in everything[::47]]:
        await api.take("PATCH", f"/_simulator/invoices/{id}", json={"footer": "seen"})
        await api.take("POST", "/_simulator/clock", json={"advance": 1})
    await api.take("POST", "/_simulator/quirks", json={"rate_limits": False})
    everything = [
        one
        for page in range(1, 17)
        for one in (await api.take("GET", LIST, params={"page": page}))["client_invoices"]
    ]
    for params in FILTERS:
        expected = [one for one in everything if _fits(one, params)]
        for direction in ("asc", "desc"):
            expected.sort(
                key=lambda one: (instant(one[order]), instant(one["created_at"])),
                reverse=direction == "desc",
            )
            for page in (1, 2, 5):
                query = {**params, "sort_by": f"{order}:{direction}", "page": page}
                answer = await api.take("GET", LIST, params=query)
                shown = [one["id"] for one in answer["client_invoices"]]
                wanted = [one["id"] for one in expected[(page - 1) * 100 : page * 100]]
                assert shown == wanted, query
                assert answer["meta"]["total_count"] == len(expected), query


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _fits(one: dict[str, Any], params: dict[str, str]) -> bool:
    for name, value in params.items():
        if name == "filter[status]":
            if one["status"] not in value.split(","):
                return False
            continue
        field, end = name.removeprefix("filter[").rstrip("]").rsplit("_", 1)
        at, bound = instant(one[field]), instant(value)
        if (end == "from" and at < bound) or (end == "to" and at > bound):
            return False
    return True
