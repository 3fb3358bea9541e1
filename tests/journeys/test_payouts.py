"""Payout files through the API: checked, confirmed, proposed in chunks, stopped, gone on with."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from connector.api.operation import Permission
from connector.app.sandbox import Sandbox
from tests.connector.payouts.written import DEBIT_IBAN, LINE, csv_of, line, pain001, transaction
from tests.journeys.payouts import PROPOSALS, SCOPES, Payroll, codes, data, payments, payroll

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return SCOPES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[Payroll]:
    async with payroll(lasting) as one:
        yield one


@pytest.fixture
def roll(linked: Payroll) -> Payroll:
    linked.simulator.control.clear_journal()
    linked.simulator.control.clear_faults()
    return linked


@pytest.mark.covers("GUIDE-10")
async def test_a_file_is_checked_confirmed_and_proposed_in_chunks(roll: Payroll) -> None:
    lines = payments(900)
    draft = await roll.draft(lines)
    total = sum(Decimal(one["amount"]) for one in lines)
    assert (draft["status"], draft["count"], Decimal(str(draft["total"]))) == ("DRAFT", 900, total)
    assert draft["digest"] == hashlib.sha256(csv_of(lines)).hexdigest()
    assert (draft["fileName"], draft["fileKind"], draft["mode"]) == (
        "salaries.csv",
        "CSV",
        "PROPOSE",
    )
    assert roll.calls() == []
    running = data(await roll.confirm(draft))
    assert running["status"] == "RUNNING" and running["confirmedDate"]
    done = await roll.ended(draft["id"])
    assert (done["status"], done["states"], done["problem"]) == ("DONE", {"PROPOSED": 900}, None)
    assert done["pending"] == {"count": 900, "total": draft["total"]}
    requests = roll.requests(draft["id"])
    assert [len(one.transfers) for one in requests] == [400, 400, 100]
    assert [one.note for one in requests] == [
        f"salaries.csv ({draft['id']}), part {part}" for part in (1, 2, 3)
    ]
    assert [(one.credit_account_name, f"{one.amount}", one.reference) for one in
            roll.proposed(draft["id"])] == [
        (one["name"], one["amount"], one["reference"]) for one in lines
    ]  # fmt: skip
    keys = [one["headers"]["x-qonto-idempotency-key"] for one in roll.calls()]
    assert len(set(keys)) == 3
    first = (await roll.lines(draft["id"], limit=5))[0]
    assert (first["number"], first["place"], first["state"]) == (1, "line 2", "PROPOSED")
    assert first["resultId"] == requests[0].id
    assert len({one["key"] for one in await roll.lines(draft["id"])}) == 100


async def test_a_dry_run_says_what_it_comes_to_and_stores_nothing(roll: Payroll) -> None:
    before = len(data(await roll.client.get("/accounting/payouts?limit=100")))
    found = data(await roll.file(payments(3), query="?dryRun=true"))
    assert found["expected"]["count"] == 3 and found["expected"]["total"] == 3.06
    assert found["expected"]["fileKind"] == "CSV"
    assert len(data(await roll.client.get("/accounting/payouts?limit=100"))) == before
    wrong = await roll.file([line(iban="x"), line(amount="0")], query="?dryRun=true")
    assert codes(wrong) == [
        ("line 2, iban", "NOT_AN_IBAN"),
        ("line 3, amount", "AMOUNT_OUT_OF_RANGE"),
    ]
    assert all(one["hint"] for one in wrong.json()["errors"]["validationErrors"])


async def test_a_wrong_confirmation_is_refused_and_a_right_one_counts_once(roll: Payroll) -> None:
    draft = await roll.draft(payments(2))
    wrong = await roll.confirm(draft, total=2.02, count=3, digest="0" * 64)
    assert codes(wrong) == [
        ("total", "TOTAL_DIFFERS"),
        ("count", "COUNT_DIFFERS"),
        ("digest", "DIGEST_DIFFERS"),
    ]
    assert codes(await roll.confirm(draft, total=2.0301))[0] == ("total", "TOTAL_DIFFERS")
    assert (await roll.get(draft["id"]))["status"] == "DRAFT"
    confirmed = data(await roll.confirm(draft, run=False, digest=draft["digest"]))
    assert confirmed["status"] == "CONFIRMED"
    await asyncio.sleep(1.5)
    assert roll.requests(draft["id"]) == []
    again = await roll.confirm(draft)
    assert again.headers["Idempotent-Replayed"] == "true" and data(again)["status"] == "CONFIRMED"
    assert data(await roll.post(f"/{draft['id']}/run"))["status"] == "RUNNING"
    await roll.ended(draft["id"])
    assert data(await roll.post(f"/{draft['id']}/run"))["status"] == "DONE"
    assert len(roll.requests(draft["id"])) == 1


async def test_a_draft_does_not_run(roll: Payroll) -> None:
    draft = await roll.draft(payments(1))
    for action in ("run", "stop"):
        answer = await roll.post(f"/{draft['id']}/{action}")
        assert (answer.status_code, answer.json()["errors"]["code"]) == (409, "PAYOUT_NOT_READY")
    assert (await roll.get(draft["id"]))["status"] == "DRAFT"


async def test_the_same_key_is_the_same_payout(roll: Payroll) -> None:
    lines = payments(2)
    first = data(await roll.file(lines, key="friday"), 201)
    again = await roll.file(lines, key="friday")
    assert data(again, 201)["id"] == first["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await roll.file(payments(2), key="friday")
    assert (other.status_code, other.json()["errors"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_the_same_file_is_doubted_once_it_was_confirmed(roll: Payroll) -> None:
    lines = payments(1)
    draft = await roll.draft(lines)
    assert (await roll.draft(lines))["id"] != draft["id"]
    await roll.confirm(draft)
    assert codes(await roll.file(lines)) == [("file", "FILE_REPEATED")]
    assert data(await roll.file(lines, query="?confirm=FILE_REPEATED"), 201)["status"] == "DRAFT"
    await roll.ended(draft["id"])


async def test_lines_as_json(roll: Payroll) -> None:
    body = {"fileName": "refunds", "lines": [{**LINE, "amount": 12.5}, {**LINE, "amount": 1}]}
    draft = data(await roll.post("", body), 201)
    assert (draft["fileKind"], draft["fileName"], draft["total"]) == ("JSON", "refunds", 13.5)
    wrong = await roll.post("", {"lines": [{"name": "Marie", "amount": 1.005}, {}]})
    assert ("lines.0.amount", "AMOUNT_DECIMALS") in codes(wrong)
    assert ("lines.1.name", "REQUIRED") in codes(wrong)
    assert codes(await roll.post("", {})) == [("file", "NO_LINES")]


async def test_a_pain001_file_pays_from_the_account_it_names(roll: Payroll) -> None:
    """An account that isn't the organisation's is refused before anything is stored."""
    unknown = pain001(transaction(), day="2099-01-05").encode()
    assert codes(await roll.file(unknown)) == [("debitIban", "UNKNOWN_ACCOUNT")]
    own = roll.books.organisation.main_account.iban
    draft = await roll.draft(unknown.replace(DEBIT_IBAN.encode(), own.encode()))
    assert draft["fileKind"] == "pain.001.001.03"
    await roll.confirm(draft)
    await roll.ended(draft["id"])
    (request,) = roll.requests(draft["id"])
    assert (request.debit_iban, f"{request.scheduled_date}") == (own, "2099-01-05")


async def test_days_and_accounts_are_proposed_apart(roll: Payroll) -> None:
    one, two, three, four = payments(4)
    lines = [
        one,
        {**two, "executionDay": "2099-01-05"},
        three,
        {**four, "executionDay": "2099-01-05"},
    ]
    own = roll.books.organisation.main_account.iban
    draft = data(await roll.file(lines, debitIban=own), 201)
    await roll.confirm(draft)
    await roll.ended(draft["id"])
    requests = roll.requests(draft["id"])
    assert [[line.reference for line in one.transfers] for one in requests] == [
        [one["reference"], three["reference"]],
        [two["reference"], four["reference"]],
    ]
    assert [f"{one.scheduled_date}" for one in requests] == ["None", "2099-01-05"]
    assert {one.debit_iban for one in requests} == {own}


async def test_lines_that_are_refused_alone_leave_the_others_to_be_proposed(roll: Payroll) -> None:
    missing = "00000000-0000-4000-8000-000000000001"
    lines = payments(5)
    lines[1] |= {"attachmentIds": missing}
    lines[3] |= {"attachmentIds": missing}
    draft = await roll.draft(lines)
    await roll.confirm(draft)
    done = await roll.ended(draft["id"])
    assert (done["status"], done["states"]) == ("PARTIAL", {"PROPOSED": 3, "REFUSED": 2})
    refused = await roll.lines(draft["id"], state="REFUSED")
    assert [(one["number"], one["problem"]["code"]) for one in refused] == [
        (2, "NOT_FOUND"),
        (4, "NOT_FOUND"),
    ]
    assert [one.reference for one in roll.proposed(draft["id"])] == [
        lines[at]["reference"] for at in (0, 2, 4)
    ]


async def test_what_is_refused_as_a_whole_stops_it_and_it_can_be_gone_on_with(
    roll: Payroll,
) -> None:
    draft = await roll.draft(payments(3))
    roll.simulator.control.fault(PROPOSALS, "status", status=403, times=1)
    await roll.confirm(draft)
    stopped = await roll.ended(draft["id"])
    assert (stopped["status"], stopped["states"]) == ("STOPPED", {"OPEN": 3})
    assert stopped["problem"]["code"] == "DOWNSTREAM_FORBIDDEN"
    assert data(await roll.post(f"/{draft['id']}/run"))["problem"] is None
    assert (await roll.ended(draft["id"]))["states"] == {"PROPOSED": 3}
    assert len(roll.requests(draft["id"])) == 1


@pytest.mark.covers("GUIDE-08")
@pytest.mark.parametrize("kind", ["lost_response", "drop"])
async def test_a_lost_answer_makes_no_second_proposal(roll: Payroll, kind: str) -> None:
    draft = await roll.draft(payments(3))
    roll.simulator.control.fault(PROPOSALS, kind, times=1)  # type: ignore[arg-type]
    await roll.confirm(draft)
    done = await roll.ended(draft["id"])
    assert (done["status"], len(roll.requests(draft["id"]))) == ("DONE", 1)
    keys = {one["headers"]["x-qonto-idempotency-key"] for one in roll.calls()}
    assert len(keys) == 1


async def test_a_stopped_payout_begins_no_line(roll: Payroll) -> None:
    draft = await roll.draft(payments(801))
    roll.simulator.control.fault(PROPOSALS, "latency", latency=1.0, times=1)
    await roll.confirm(draft)
    await roll.until(draft["id"], lambda payout: payout["states"].get("SENDING"))
    assert data(await roll.post(f"/{draft['id']}/stop"))["status"] == "STOPPED"
    stopped = await roll.until(draft["id"], lambda payout: "SENDING" not in payout["states"])
    assert (stopped["status"], stopped["states"]) == ("STOPPED", {"PROPOSED": 400, "OPEN": 401})
    await asyncio.sleep(1.5)
    assert len(roll.requests(draft["id"])) == 1
    assert data(await roll.post(f"/{draft['id']}/run"))["status"] == "RUNNING"
    assert (await roll.ended(draft["id"]))["states"] == {"PROPOSED": 801}
    assert len({one.reference for one in roll.proposed(draft["id"])}) == 801
    assert len(roll.proposed(draft["id"])) == 801


async def test_lists_have_pages_and_filters(roll: Payroll) -> None:
    draft = await roll.draft(payments(12))
    answer = await roll.client.get("/accounting/payouts?status=DRAFT&limit=5")
    assert data(answer)[0]["id"] == draft["id"]
    assert answer.json()["meta"]["pagination"]["perPage"] == 5
    page = await roll.client.get(f"/accounting/payouts/{draft['id']}/lines?limit=5&page=3")
    assert [one["number"] for one in data(page)] == [11, 12]
    assert page.json()["meta"]["pagination"]["total"] == 12
    wrong = await roll.client.get("/accounting/payouts?status=draft")
    assert codes(wrong) == [("status", "NOT_ALLOWED")]
    assert (await roll.client.get("/accounting/payouts/po_x")).status_code == 404
    assert (await roll.client.get("/accounting/payouts/po_x/lines")).status_code == 404


async def test_a_key_without_the_permission_sees_and_does_nothing(
    roll: Payroll, lasting: Sandbox
) -> None:
    draft = await roll.draft(payments(1))
    tenant = await lasting.container.oauth.callers.authenticate(lasting.api_key)
    keys = lasting.container.oauth.tenant_keys
    made = await keys.create(tenant, "books", [Permission.READ, Permission.WRITE])
    headers = {"X-API-KEY": made.secret}
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", f"/{draft['id']}"),
        ("GET", f"/{draft['id']}/lines"),
        ("POST", f"/{draft['id']}/confirm"),
        ("POST", f"/{draft['id']}/run"),
        ("POST", f"/{draft['id']}/stop"),
    ):
        answer = await roll.client.request(
            method, f"/accounting/payouts{path}", headers=headers, json=None
        )
        assert (answer.status_code, answer.json()["errors"]["code"]) == (403, "PERMISSION_DENIED")


async def test_what_people_decide_in_the_app_is_followed(roll: Payroll) -> None:
    """Approved is sent, declined is refused with the reason, and the rest waits."""
    one, two, three = payments(3)
    days = ({}, {"executionDay": "2099-01-05"}, {"executionDay": "2099-01-06"})
    lines = [{**one, **days[0]}, {**two, **days[1]}, {**three, **days[2]}]
    draft = await roll.draft(lines)
    await roll.confirm(draft)
    await roll.ended(draft["id"])
    first, second, _ = roll.requests(draft["id"])
    roll.simulator.control.approve_request(first.id)
    roll.simulator.control.decline_request(second.id, "Not this month")
    assert (await roll.get(draft["id"]))["states"] == {"PROPOSED": 3}
    followed = data(await roll.post(f"/{draft['id']}/refresh"))
    assert (followed["status"], followed["states"]) == (
        "PARTIAL",
        {"SENT": 1, "REFUSED": 1, "PROPOSED": 1},
    )
    (refused,) = await roll.lines(draft["id"], state="REFUSED")
    assert refused["problem"] == {"code": "DECLINED", "message": "Not this month"}
    roll.simulator.control.fault("/v2/requests", "status", status=403, times=1)
    unseen = await roll.post(f"/{draft['id']}/refresh")
    assert unseen.json()["meta"]["warnings"][0].startswith("What was decided can't be read")


def _odd(chance: Random, depth: int = 0) -> Any:
    """Any JSON value, most of them as nobody means them."""
    match chance.randrange(9 if depth < 3 else 4):
        case 0:
            return chance.choice([None, True, False, "", "\0", "\ud7ff", "=1", "x" * 3_000])
        case 1:
            return chance.choice([0, -1, 10**30, 1e308, 0.005, -0.0, 1e-320])
        case 2:
            return chance.choice([LINE["iban"], LINE["name"], "12.5", "NaN", "1e5", "2026-13-45"])
        case 3:
            return dict(LINE)
        case 4 | 5:
            names = ["lines", "name", "iban", "amount", "reference", "total", "count", "mode"]
            return {chance.choice(names): _odd(chance, depth + 1) for _ in range(4)}
        case 6:
            return chance.randbytes(chance.randrange(60)).decode("latin-1")
        case _:
            return [_odd(chance, depth + 1) for _ in range(chance.randrange(4))]


async def test_garbage_is_refused_and_never_a_500(roll: Payroll) -> None:
    """As JSON, as a file, as a form, as a confirmation, and in the query."""
    chance = Random(20261130)
    draft = await roll.draft(payments(2))
    one = f"/accounting/payouts/{draft['id']}"
    for _ in range(80):
        odd = _odd(chance)
        body = {"lines": [odd], "debitIban": _odd(chance)} if chance.random() < 0.5 else odd
        content = chance.choice([b"", csv_of([LINE]), pain001(transaction()).encode()])
        at = chance.randrange(len(content) + 1)
        damaged = content[:at] + chance.randbytes(chance.randrange(20)) + content[at:]
        text = chance.choice(["", "\0", "x" * 300, "-1", "ä", "1e9", "DRAFT,", "%00"])
        answers = [
            await roll.client.post("/accounting/payouts", content=msgspec.json.encode(body)),
            await roll.file(damaged, query="?dryRun=true"),
            await roll.client.post(
                "/accounting/payouts",
                files={chance.choice(["file", "files", ""]): (text or "f", damaged)},
                data={"debitIban": text, "lines": text},
            ),
            await roll.client.post(f"{one}/confirm", content=msgspec.json.encode(odd)),
            await roll.client.get("/accounting/payouts", params={"status": text, "page": text}),
            await roll.client.get(f"{one}/lines", params={"state": text, "limit": text}),
            await roll.client.post("/accounting/payouts", params={"confirm": text, "dryRun": text}),
        ]
        assert [one.status_code for one in answers if one.status_code >= 500] == []
    assert (await roll.get(draft["id"]))["status"] == "DRAFT"
