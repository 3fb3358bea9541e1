"""The described API, called with whatever its description allows and forbids.

Schemathesis makes the requests from the description and holds the answers against it; the calls
are made in this process, with real keys, against the simulator. `make fuzz` makes many more.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.described import CALLBACK, TARGET, InProcess, in_process
from tests.support.described_calls import Walk
from tests.support.described_dispatch import prepare
from tests.support.described_schema import check, strict

EXAMPLES = int(os.environ.get("CONNECTOR_TEST_FUZZ", "5"))
"""How many requests of each kind, right and wrong, are made to each operation."""

PREPARED = {"X-API-KEY", "X-ACCOUNT-KEY"}
ENDS_THE_ACCOUNT = {
    "deleteEndUser",
    "deleteRegisteredSystem",
}
"""Called in a world of their own, since the others need what these take away."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
API = schemathesis.openapi.from_dict(strict())
OPERATIONS = {one.ok().definition.raw["operationId"]: one.ok() for one in API.get_all_operations()}


@dataclass
class World:
    """A linked account, the ids of its records, and the loop that all of it lives in."""

    runner: asyncio.Runner
    up: InProcess
    account_key: str
    ids: dict[str, list[str]]

    def send(self, case: Case, *, with_keys: bool = True) -> httpx2.Response:
        """Make the call that a case describes."""
        request = case.as_transport_kwargs(base_url=self.up.container.settings.public_url)
        headers = {k: v for k, v in request["headers"].items() if k.upper() not in PREPARED}
        request["headers"] = {k: v for k, v in headers.items() if k.lower() != "user-agent"}
        request.pop("cookies", None)
        if "files" in request:
            request["files"] = list(_parts(request["files"] or ()))
        if not isinstance(request.get("data", {}), dict):
            request["content"] = request.pop("data")
        return self.runner.run(self._send(request, with_keys=with_keys))

    async def _send(self, request: dict[str, Any], *, with_keys: bool) -> httpx2.Response:
        async with self.up.client(self.account_key) as client:
            if not with_keys:
                client.headers.clear()
            made = client.build_request(**request)
            await made.aread()  # the checks read what was sent, forms too
            return await client.send(made)


def _parts(files: Any) -> Iterator[tuple[str, tuple[str | None, bytes]]]:
    """Yield the parts of a form, whose values may be of any kind."""
    for name, part in files.items() if isinstance(files, dict) else files:
        file_name, value, *_ = part if isinstance(part, tuple) else (None, part)
        content = value if isinstance(value, bytes) else str(value).encode(errors="replace")
        yield str(name), (file_name, content)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from world(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    yield from world(tmp_path)


def world(folder: Path) -> Iterator[World]:
    """Link an account and note what can be asked for by id."""
    with asyncio.Runner() as runner:
        entered = in_process(folder)
        up = runner.run(entered.__aenter__())
        try:
            # its clock stands still, so nothing may take time
            up.simulator.control.set_quirks(pdf_delay=0, file_delay=0, attachment_delay=0)
            runner.run(up.register())
            key = runner.run(up.link())
            yield World(runner, up, key, runner.run(_ids(up, key)))
        finally:
            runner.run(entered.__aexit__(None, None, None))


async def _ids(up: InProcess, account_key: str) -> dict[str, list[str]]:
    """Return ids by the name that paths have for them."""
    walk = Walk(up, account_key=account_key)
    await walk.call("POST", "/tenants/signing-secret")
    await walk.call("POST", "/tenants/api-keys", body={"name": "x"})
    await walk.call("POST", "/webhooks", body={"callbackUrl": CALLBACK, "resource": "INVOICE"})
    await walk.read()
    known = {"target": [TARGET, "qonto-sandbox"], "targetSystem": [TARGET], **await prepare(walk)}
    for made in walk.made:
        for name, value in made.values.items():
            known.setdefault(name, []).append(value)
    return known


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in ENDS_THE_ACCOUNT])
def test_answers_conform_to_the_description(name: str, shared: World) -> None:
    fuzz(name, shared)


@pytest.mark.parametrize("name", sorted(ENDS_THE_ACCOUNT))
def test_answers_conform_when_the_account_ends(name: str, own: World) -> None:
    fuzz(name, own)


def fuzz(name: str, world: World) -> None:
    """Call an operation with what it takes and with what it doesn't; no answer is unheard of."""
    operation = OPERATIONS[name]
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    kinds = [right]
    # any text is right in a path, so only a query or a body can be wrong
    if operation.body or operation.query:
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    for kind in kinds:

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=kind, data=st.data())
        def run(case: Case, data: st.DataObject) -> None:
            for parameter in case.path_parameters or {}:
                real = world.ids.get(parameter, [])
                if real and data.draw(st.booleans()):
                    case.path_parameters[parameter] = data.draw(st.sampled_from(real))
            conforms(case, world)

        run()


def conforms(case: Case, world: World) -> None:
    """Make the call, with keys and without, and hold both answers against the description."""
    answer = world.send(case)
    told = f"{answer.request.method} {answer.request.url} {answer.request.content!r}"
    told += f" -> {answer.status_code} {answer.text[:500]}"
    assert answer.status_code < 500, told
    assert check(case.method, case.operation.path, answer) == [], told
    case.validate_response(answer, checks=CHECKS)
    if case.operation.definition.raw["security"]:
        refused = world.send(case, with_keys=False)
        if answer.status_code == 413:  # refused by its length, before anybody asks who it is
            assert refused.status_code == 413, told
            return
        is_for_users = {"basic": []} in case.operation.definition.raw["security"]
        status, code = (401, "USER") if is_for_users else (403, "API_KEY")
        assert refused.status_code == status, told
        assert refused.json()["errors"]["code"] == f"UNAUTHORIZED_{code}"
