"""Templates as they are stored, on both databases."""

import asyncio

import pytest

from connector.dispatching import templates as module
from connector.dispatching.templates import TemplateRequest, Templates
from storage.clock import system_clock
from storage.errors import Conflict, NotFound
from storage.repositories.tenants import Tenant
from storage.unit_of_work import UnitOfWork


def wanted(name: str) -> TemplateRequest:
    content = {"contactId": "{{ customer }}", "lineItems": []}
    return TemplateRequest(name=name, document_type="INVOICE", content=content)


@pytest.fixture
async def templates(work: UnitOfWork) -> Templates:
    async with work.writing() as tx:
        for id_ in ("ten_a", "ten_b"):
            await tx.tenants.add(Tenant(id_, id_, system_clock()))
    return Templates(work, system_clock, lambda: "2026-11-30")


@pytest.mark.both_databases
async def test_numbers_count_for_each_vendor_and_are_never_given_twice(
    templates: Templates,
) -> None:
    made = await asyncio.gather(*(templates.create("ten_a", wanted(f"{n}")) for n in range(8)))
    assert sorted(one.number for one in made) == list(range(1, 9))
    assert (await templates.create("ten_b", wanted("other"))).number == 1
    await templates.remove("ten_a", 8)
    for gone in (8, 9):
        with pytest.raises(NotFound):
            await templates.get("ten_a", gone)
        with pytest.raises(NotFound):
            await templates.remove("ten_a", gone)
        with pytest.raises(NotFound):
            await templates.replace("ten_a", gone, wanted("again"))
    assert (await templates.create("ten_a", wanted("next"))).number == 9
    await templates.replace("ten_a", 1, wanted("renamed"))
    listed = {one.number: one.name for one in await templates.list("ten_a")}
    assert listed.keys() == {*range(1, 8), 9} and listed[1] == "renamed"
    assert await templates.render(await templates.get("ten_a", 1), {"customer": "c"}) == {
        "contactId": "c",
        "lineItems": [],
    }


async def test_there_is_an_end_to_templates(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TEMPLATES", 1)
    await templates.create("ten_a", wanted("one"))
    with pytest.raises(Conflict):
        await templates.create("ten_a", wanted("two"))
    await templates.remove("ten_a", 1)
    await templates.create("ten_a", wanted("two"))
