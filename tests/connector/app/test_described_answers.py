"""Every described call's answers, driven against the simulator, are as the description says."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connector.app.operations import described_operations
from tests.support.described import InProcess, in_process
from tests.support.described_calls import NOT_CALLED, Walk, succeeded
from tests.support.described_schema import check

NEVER_SUCCEEDS = {one.name for one in described_operations() if one.status >= 400}


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[InProcess]:
    async with in_process(tmp_path) as running:
        yield running


async def test_every_call_can_succeed_and_no_answer_says_more_or_less(up: InProcess) -> None:
    """Lists, pages, single records, sources and refusals; unknown fields count as wrong."""
    walk = Walk(up)
    await walk.everything()
    wrong = [
        f"{made.operation.method} {made.answer.request.url}: {complaint}"
        for made in walk.made
        for complaint in check(made.operation.method, made.operation.path, made.answer)
    ]
    assert wrong == []
    described = {one.name for one in described_operations()}
    missing = described - set(succeeded(walk.made)) - set(NOT_CALLED) - set(walk.skipped)
    assert missing <= NEVER_SUCCEEDS


async def test_what_the_check_must_find(up: InProcess) -> None:
    """An answer held against another call's description does not pass."""
    await up.register()
    async with up.client(await up.link()) as vendor:
        invoices = await vendor.get("/accounting/invoices")
    assert check("GET", "/accounting/invoices", invoices) == []
    assert check("GET", "/accounting/bills", invoices)
    assert check("GET", "/auth/status", invoices)


async def test_refusals_are_as_described(up: InProcess) -> None:
    """Without keys, with wrong ones, with wrong parameters, at the wrong method."""
    await up.register()
    key = await up.link()
    for keys in ({}, {"X-API-KEY": "sk_wrong"}, {"X-API-KEY": up.api_key}):
        async with up.client() as vendor:
            vendor.headers.pop("X-API-KEY")
            for one in described_operations():
                if one.keys == "account" or (
                    one.keys == "tenant" and keys.get("X-API-KEY") != up.api_key
                ):
                    answer = await vendor.request(one.method, one.path, headers=keys)
                    assert answer.status_code in (401, 403), (one.method, one.path)
                    assert check(one.method, one.path, answer) == []
    async with up.client(key) as vendor:
        wrong = await vendor.get("/accounting/invoices", params={"limit": "7", "page": "x"})
        assert wrong.status_code == 400
        assert check("GET", "/accounting/invoices", wrong) == []
        method = await vendor.patch("/auth/qonto", json={})
        assert method.json()["errors"]["code"] == "METHOD_NOT_ALLOWED"
        assert check("POST", "/auth/{target}", method) == []
