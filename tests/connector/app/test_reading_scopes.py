"""The scopes that the matrix names for reading a resource are enough, and none of them is spare."""

from pathlib import Path

import httpx2
import pytest

from connector.capabilities import RESOURCES
from connector.providers.qonto.concepts import CONCEPTS
from connector.providers.qonto.provider import FULL_SCOPES
from tests.support.described import TARGET, InProcess, in_process

ALWAYS = ("offline_access", "webhook")
LINES = {"billLines": "bills", "invoiceLines": "invoices", "offerLines": "offers"}
NOT_READ = {"trialBalance"}
SCOPES = {
    name: CONCEPTS[name].scopes
    for name in RESOURCES
    if name in CONCEPTS and CONCEPTS[name].scopes and name not in NOT_READ
}


async def link(up: InProcess, scopes: set[str]) -> httpx2.AsyncClient:
    """Register the vendor's app for these scopes alone, and link with it."""
    await up.register()
    async with up.client() as vendor:
        body = {
            "targetSystem": TARGET,
            "clientId": up.simulator.client_id,
            "clientSecret": up.simulator.client_secret,
            "scopes": " ".join(sorted(scopes)),
        }
        assert (await vendor.post("/tenants/register-system", json=body)).status_code == 201
    return up.client(await up.link())


async def read(up: InProcess, vendor: httpx2.AsyncClient, resource: str) -> tuple[int, str | None]:
    """Read a list; of lines those of the first record, and of files, which have none, one."""
    path = f"/accounting/{LINES.get(resource, resource)}"
    if resource == "files":
        path = f"{path}/{next(iter(up.simulator.world.attachments))}"
    answer = await vendor.get(path)
    if resource in LINES and answer.status_code == 200:
        first = answer.json()["data"][0]["id"]
        answer = await vendor.get(f"{path}/{first}/lineItems")
    code = None if answer.status_code == 200 else str(answer.json()["errors"]["code"])
    return answer.status_code, code


@pytest.mark.parametrize("scopes", sorted(set(SCOPES.values())), ids=" ".join)
async def test_the_named_scopes_are_enough_to_read(scopes: tuple[str, ...], tmp_path: Path) -> None:
    async with in_process(tmp_path) as up, await link(up, {*ALWAYS, *scopes}) as vendor:
        for resource, named in SCOPES.items():
            if named == scopes:
                assert await read(up, vendor, resource) == (200, None), resource


@pytest.mark.parametrize("scope", sorted({one for named in SCOPES.values() for one in named}))
async def test_without_one_of_them_the_answer_names_it(scope: str, tmp_path: Path) -> None:
    async with in_process(tmp_path) as up, await link(up, {*FULL_SCOPES} - {scope}) as vendor:
        for resource, named in SCOPES.items():
            expected = (403, "MISSING_SCOPE") if scope in named else (200, None)
            assert await read(up, vendor, resource) == expected, resource
