"""Bulks of transfers: taken as a whole, looked at line by line."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from .paying import (
    BULKS,
    IBAN,
    OTHER_IBAN,
    TRANSFERS,
    accounts,
    approved,
    keyed,
    main_account,
    payee,
    prove,
    quirks,
    seen,
    upload,
    wait,
)
from .support import Api

pytestmark = pytest.mark.usefixtures("balanced")


def line(beneficiary_id: str | None, **changes: Any) -> dict[str, Any]:
    fields = {
        "client_transfer_id": str(uuid.uuid4()),
        "amount": "60.00",
        "reference": "2026-1188",
        "beneficiary_id": beneficiary_id,
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def bulk(api: Api, *lines: dict[str, Any], ibans: tuple[str, ...] = (IBAN,)) -> Any:
    return {
        "vop_proof_token": await prove(api, *ibans),
        "bank_account_id": (await main_account(api))["id"],
        "bulk_transfers": list(lines),
    }


async def look(api: Api, id: str) -> dict[str, Any]:
    return (await api.take("GET", f"{BULKS}/{id}"))["bulk_transfer"]


def counts(document: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("total_count", "pending_count", "completed_count", "failed_count")
    total, pending, completed, failed = (document[name] for name in names)
    return total, pending, completed, failed


async def test_it_is_taken_first_and_checked_line_by_line(api: Api) -> None:
    one = await payee(api, trusted=True)
    lines = [line(one), line(one, amount="30000.01"), line(one, scheduled_date="2026-12-24")]
    made = await api.take("POST", BULKS, json=await bulk(api, *lines), headers=keyed())
    assert counts(made) == (3, 3, 0, 0)
    assert made["results"][0] == {
        "client_transfer_id": lines[0]["client_transfer_id"],
        "transfer_id": None,
        "errors": None,
        "status": "pending",
    }
    assert not (await api.take("GET", TRANSFERS, params={"beneficiary_ids[]": one}))["transfers"]
    seen_counts: list[tuple[int, int, int, int]] = []
    for _ in range(3):
        await wait(api, 7)
        seen_counts.append(counts(await look(api, made["id"])))
    assert seen_counts == [(3, 2, 1, 0), (3, 1, 1, 1), (3, 0, 2, 1)]
    done = await look(api, made["id"])
    assert done["updated_at"] == "2026-11-20T09:00:20Z"
    first, second, third = done["results"]
    assert (first["status"], second["status"], third["status"]) == (
        *("completed", "failed", "completed"),
    )
    assert (second["transfer_id"], first["errors"]) == (None, None)
    [outer] = second["errors"]
    assert outer["errors"] == [
        {
            "code": "required",
            "detail": "an attachment is required above 30000 EUR",
            "source": {"pointer": "/bulk_transfers/1/attachment_ids"},
        }
    ]
    assert (await seen(api, first["transfer_id"]))["status"] == "settled"
    assert (await seen(api, third["transfer_id"]))["scheduled_date"] == "2026-12-24"


async def test_completed_means_made_and_not_paid(api: Api) -> None:
    one, poor = await payee(api, trusted=True), (await accounts(api))[2]
    body = {**await bulk(api, line(one, amount="29000.00")), "bank_account_id": poor["id"]}
    made = await api.take("POST", BULKS, json=body, headers=keyed())
    await wait(api, 60)
    [result] = (await look(api, made["id"]))["results"]
    assert result["status"] == "completed"
    assert (await seen(api, result["transfer_id"]))["status"] == "declined"


async def test_an_unknown_attachment_is_found_out_afterwards(api: Api) -> None:
    one, file = await payee(api, trusted=True), await upload(api)
    lines = [line(one, attachment_ids=["nope"]), line(one, attachment_ids=[file])]
    made = await api.take("POST", BULKS, json=await bulk(api, *lines), headers=keyed())
    await wait(api, 60)
    bad, good = (await look(api, made["id"]))["results"]
    assert bad["errors"][0]["errors"][0]["code"] == "not_found"
    assert good["status"] == "completed"


@pytest.mark.covers("QX-32")
async def test_the_proof_is_for_exactly_the_accounts_of_the_list(api: Api) -> None:
    lines = [
        line(await payee(api, IBAN, trusted=True)),
        line(await payee(api, OTHER_IBAN, trusted=True)),
    ]
    for ibans in ((IBAN,), (OTHER_IBAN,), (IBAN, OTHER_IBAN, "FR1420041010050500013M02606")):
        body = await bulk(api, *lines, ibans=ibans)
        problem = await api.problem("POST", BULKS, 422, json=body, headers=keyed())
        assert problem["code"] == "vop_proof_token_invalid"
    body = await bulk(api, *lines, ibans=(IBAN, OTHER_IBAN))
    await api.take("POST", BULKS, json=body, headers=keyed())


async def test_one_line_to_somebody_untrusted_asks_the_person(api: Api) -> None:
    trusted, other = await payee(api, IBAN, trusted=True), await payee(api, OTHER_IBAN)
    described = {"name": "Papeterie", "iban": IBAN}
    for lines, ibans in (
        ([line(trusted), line(other)], (IBAN, OTHER_IBAN)),
        ([line(trusted), line(None, beneficiary=described)], (IBAN,)),
    ):
        body = await bulk(api, *lines, ibans=ibans)
        challenge = await api.take("POST", BULKS, 428, json=body, headers=keyed())
        assert challenge["action_type"] == "transfer.bulk.create"
        made = await approved(api, BULKS, body)
        await wait(api, 60)
        assert counts(await look(api, made["id"])) == (2, 0, 2, 0)


async def test_its_body_is_flat_and_its_ids_are_unique(api: Api) -> None:
    one = await payee(api, trusted=True)
    twin = line(one)
    upper = {**twin, "client_transfer_id": twin["client_transfer_id"].upper()}
    good = await bulk(api, line(one))
    wholes: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"bulk": good}, "required", "/vop_proof_token"),
        ({**good, "bulk_transfers": []}, "required", "/bulk_transfers"),
        ({**good, "bulk_transfers": "x"}, "invalid", "/bulk_transfers"),
        ({**good, "bulk_transfers": [5]}, "invalid", "/bulk_transfers/0"),
        ({**good, "bank_account_id": "x"}, "not_found", "/bank_account_id"),
        ({**good, "vop_proof_token": "x"}, "vop_proof_token_invalid", "/vop_proof_token"),
    )
    for wrong, code, pointer in wholes:
        problem = await api.problem("POST", BULKS, 422, json=wrong, headers=keyed())
        assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)
    for lines, code, field in (
        ([line(one, client_transfer_id=None)], "required", "0/client_transfer_id"),
        ([line(one, client_transfer_id="1")], "invalid", "0/client_transfer_id"),
        ([twin, upper], "invalid", "1/client_transfer_id"),
        ([line(one, amount=5)], "invalid", "0/amount"),
        ([line(one), line("nope")], "not_found", "1/beneficiary_id"),
        ([line(None)], "required", "0/beneficiary_id"),
    ):
        body = {**good, "bulk_transfers": lines}
        problem = await api.problem("POST", BULKS, 422, json=body, headers=keyed())
        pointer = f"/bulk_transfers/{field}"
        assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)


async def test_it_holds_400_lines_and_no_more(api: Api) -> None:
    one = await payee(api, trusted=True)
    await quirks(api, bulk_delay=0)
    body = await bulk(api, *(line(one, amount="1.00") for _ in range(401)))
    problem = await api.problem("POST", BULKS, 422, json=body, headers=keyed())
    assert problem["source"]["pointer"] == "/bulk_transfers"
    before = (await main_account(api))["balance_cents"]
    body["bulk_transfers"].pop()
    made = await api.take("POST", BULKS, json=body, headers=keyed())
    await wait(api, 60)
    assert counts(await look(api, made["id"])) == (400, 0, 400, 0)
    assert before - (await main_account(api))["balance_cents"] == 40_000


@pytest.mark.covers("QX-21")
async def test_a_key_makes_one_bulk(api: Api) -> None:
    one = await payee(api, trusted=True)
    body, headers = await bulk(api, line(one)), keyed()
    first = await api.take("POST", BULKS, json=body, headers=headers)
    other = await bulk(api, line(one), line(one))
    assert await api.take("POST", BULKS, json=other, headers=headers) == first
    await api.problem("POST", BULKS, 400, json=body)
