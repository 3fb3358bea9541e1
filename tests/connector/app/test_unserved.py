"""Every operation of the contract is served, or says why it isn't; the matrix agrees with both."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient

from connector.capabilities import ACTIONS, Concept, action_of, resource_of
from connector.faces.rest.contract import CONTRACT, OPERATIONS
from connector.faces.rest.unserved import BESIDE, BEYOND, INSTEAD, complete, refusal
from connector.registry import Registry
from storage.errors import ServiceError
from tests.connector.maesn_matrix import MATRIX
from tests.support.described import TARGET, InProcess, in_process
from tests.support.gates import LetIn

REFUSALS = ("NOT_SUPPORTED", "NOT_ENABLED")
OPEN = ("/health", "/events/callback/", "/auth/callback/")
NOT_FOR_VENDORS = ("GET", "/tenants/get-all-active-end-users")
"""Served, with the answer that there is nothing for vendors."""

UNSUPPORTED = (
    *("MAE-101", "MAE-110", "MAE-113", "MAE-114", "MAE-115", "MAE-119", "MAE-120"),
    *("MAE-123", "MAE-125", "MAE-126", "MAE-127", "MAE-128", "MAE-129", "MAE-130", "MAE-131"),
    *("MAE-132", "MAE-135"),
)
"""The rows of which Qonto has nothing."""


@dataclass(frozen=True)
class Told:
    """What an operation answered."""

    status: int
    code: str | None
    message: str | None


@dataclass(frozen=True)
class Walked:
    """The whole contract, called with valid keys, and the matrix as it was then."""

    answers: dict[tuple[str, str], Told]
    matrix: dict[str, Any]

    def row(self, resource: str) -> dict[str, Any]:
        (row,) = [one for one in self.matrix["resources"] if one["resource"] == resource]
        return row

    def about(self, resource: str) -> dict[tuple[str, str], Told]:
        """Return what the operations on one resource said."""
        return {
            call: told for call, told in self.answers.items() if resource_of(call[1]) == resource
        }


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    async def walk() -> Walked:
        async with in_process(tmp_path_factory.mktemp("walk")) as up, linked(up) as vendor:
            answers = {call: await told(vendor, *call) for call in OPERATIONS}
            shown = await vendor.get("/capabilities")
            assert shown.status_code == 200
            return Walked(answers, shown.json()["data"])

    return asyncio.run(walk())


@asynccontextmanager
async def linked(up: InProcess) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client with both keys, while the block runs."""
    await up.register()
    async with up.client(await up.link()) as vendor:
        yield vendor


async def told(client: httpx2.AsyncClient, method: str, path: str) -> Told:
    """Call an operation; each parameter is its own name, so nothing is found or deleted."""
    filled = path.replace("{", "").replace("}", "")
    # wrong on purpose, or the account would be gone for the calls after it
    query = {"erase": "perhaps"} if path == "/tenants/delete-end-user" else {}
    answer = await client.request(method, filled, params=query)
    errors: dict[str, str] = {}
    if answer.status_code >= 400 and answer.headers["Content-Type"] == "application/json":
        errors = answer.json()["errors"] or {}
    return Told(answer.status_code, errors.get("code"), errors.get("message"))


def test_every_operation_of_the_contract_is_served_or_says_why_not(walked: Walked) -> None:
    """No path is unknown, no method is missing, and nothing breaks."""
    assert len(walked.answers) == 164
    wrong = {
        call: answer
        for call, answer in walked.answers.items()
        if answer.status >= 500
        or answer.code == "METHOD_NOT_ALLOWED"
        or answer.message == "There is nothing at this path."
        or (answer.code in REFUSALS and (answer.status != 404 or not answer.message))
    }
    assert wrong == {}
    refused = {call for call, answer in walked.answers.items() if answer.code in REFUSALS}
    assert ("GET", "/accounting/invoices") not in refused
    assert {("GET", "/accounting/accounts"), ("POST", "/webhooks/config")} <= refused


@pytest.mark.covers("MAE-04")
def test_an_operation_answers_what_the_matrix_says_of_it(walked: Walked) -> None:
    """Supported is served, the rest has the code of its state and names the target system."""
    seen: set[str] = set()
    for (method, path), answer in walked.answers.items():
        resource = resource_of(path)
        if resource is None:
            continue
        state = walked.row(resource)[action_of(method, path)]["here"]
        seen.add(state)
        if state == "supported":
            is_partly = (method, path) in INSTEAD  # other calls do part of it
            assert (answer.code in REFUSALS) == is_partly, (method, path)
        else:
            assert (answer.status, answer.code) == (404, state.upper()), (method, path)
            assert answer.message is not None
            assert answer.message.startswith(f"{TARGET} "), (method, path)
    assert seen == {"supported", "not_enabled", "not_supported"}


@pytest.mark.covers("MAE-03")
def test_the_published_matrix_has_the_baseline_and_counts_itself(walked: Walked) -> None:
    """37 resources by five actions, each cell in one of the three words of its column."""
    words = {"S": "supported", "D": "on_demand", "-": "not_supported"}
    shown = {
        row["resource"]: [row[action]["maesn"] for action in ACTIONS]
        for row in walked.matrix["resources"]
    }
    assert shown.pop("beneficiaries") == ["not_supported"] * 5, "beyond Maesn's matrix"
    assert shown == {name: [words[one] for one in cells] for name, cells in MATRIX.values()}
    assert walked.matrix["targetSystem"] == TARGET
    assert walked.matrix["totals"]["maesn"] == {
        "supported": 4,
        "onDemand": 62,
        "notSupported": 119,
    }
    counts = walked.matrix["totals"]["here"]
    assert set(counts) == {"supported", "notEnabled", "notSupported"}
    assert sum(counts.values()) == 37 * 5


def test_what_maesn_supports_is_supported(walked: Walked) -> None:
    for row in walked.matrix["resources"]:
        for action in ACTIONS:
            if row[action]["maesn"] == "supported":
                assert row[action]["here"] == "supported", (row["resource"], action)


@pytest.mark.parametrize(
    "row", [pytest.param(row, marks=pytest.mark.covers(row)) for row in UNSUPPORTED]
)
def test_of_what_qonto_does_not_have_every_operation_says_so(walked: Walked, row: str) -> None:
    resource, _ = MATRIX[row]
    assert {walked.row(resource)[action]["here"] for action in ACTIONS} == {"not_supported"}
    answers = walked.about(resource)
    assert answers
    assert {(one.status, one.code) for one in answers.values()} == {(404, "NOT_SUPPORTED")}


@pytest.mark.covers("MAE-134")
def test_the_trial_balance_is_not_enabled_and_says_what_there_is(walked: Walked) -> None:
    """Qonto keeps no ledger, but it has balances."""
    (answer,) = walked.about("trialBalance").values()
    assert answer.code == "NOT_ENABLED"
    assert "balances of bank accounts" in (answer.message or "")


def test_lines_of_bills_cannot_be_written(walked: Walked) -> None:
    """There is nowhere to write them to; reading them is no refusal."""
    answers = walked.about("billLines")
    writes = {call[0]: one.code for call, one in answers.items() if call[0] != "GET"}
    assert writes == {"POST": "NOT_SUPPORTED", "PUT": "NOT_SUPPORTED"}


async def test_keys_are_asked_for_before_anything_is_said(tmp_path: Path) -> None:
    """Without an API key 403; without an account key 401 where the path is about an account."""
    guarded = [call for call in OPERATIONS if not call[1].startswith(OPEN)]
    async with in_process(tmp_path) as up, up.client() as vendor:
        for method, path in guarded:
            answer = await told(vendor, method, path)
            if path.startswith(("/accounting/", "/user/", "/webhooks/user", "/events/")):
                assert (answer.status, answer.code) == (401, "UNAUTHORIZED_ACCOUNT_KEY"), path
            elif answer.code == "NOT_SUPPORTED" and (method, path) != NOT_FOR_VENDORS:
                assert path.startswith("/auth/"), path
        vendor.headers.pop("X-API-KEY")
        for method, path in guarded:
            assert (await told(vendor, method, path)).status == 403, path
        assert (await vendor.get("/capabilities")).status_code == 403


async def test_other_paths_and_methods_are_what_they_were(tmp_path: Path) -> None:
    """404 for none, 405 for another method or target system; HEAD and OPTIONS as well."""
    async with in_process(tmp_path) as up, linked(up) as vendor:

        async def code(method: str, path: str) -> tuple[int, str | None]:
            answer = await told(vendor, method, path)
            return answer.status, answer.code

        assert await code("GET", "/accounting/nothing") == (404, "NOT_FOUND")
        assert await code("GET", "/accounting/accounts/1/nothing") == (404, "NOT_FOUND")
        assert await code("PUT", "/accounting/invoices") == (405, "METHOD_NOT_ALLOWED")
        assert await code("OPTIONS", "/accounting/invoices") == (405, "METHOD_NOT_ALLOWED")
        allowed = (await vendor.put("/accounting/invoices")).headers["Allow"]
        assert set(allowed.split(", ")) == {"GET", "HEAD"}
        assert await code("GET", "/auth/nowhere") == (405, "TARGET_SYSTEM_UNKNOWN")
        assert await code("POST", "/auth/nowhere") == (405, "TARGET_SYSTEM_UNKNOWN")
        assert await code("POST", "/auth/selections") == (404, "NOT_SUPPORTED")
        assert await code("OPTIONS", "/accounting/accounts") == (404, "NOT_SUPPORTED")
        assert (await vendor.head("/accounting/accounts")).status_code == 404
        assert (await vendor.head("/accounting/invoices")).status_code == 200
        assert (await vendor.get("/auth/status")).status_code == 200


async def test_capabilities_need_no_account_and_know_target_systems(tmp_path: Path) -> None:
    """The one that is named, else the first; an unknown one is a 405 as elsewhere."""
    async with in_process(tmp_path) as up, up.client() as vendor:
        first = await vendor.get("/capabilities")
        assert first.json()["data"]["targetSystem"] == "qonto"
        assert list(first.json()) == ["data", "meta", "rawData", "errors"]
        other = await vendor.get("/capabilities?targetSystem=qonto-sandbox")
        assert other.json()["data"]["targetSystem"] == "qonto-sandbox"
        unknown = await vendor.get("/capabilities?targetSystem=xero")
        assert unknown.status_code == 405
        assert unknown.json()["errors"]["code"] == "TARGET_SYSTEM_UNKNOWN"


def test_a_real_route_wins_by_being_there() -> None:
    """For its method; the contract's others on the path stay refused, the name of an id is free."""

    async def real(_request: Request) -> Response:
        return Response("real")

    none = Registry([])
    before = complete([], none, LetIn())
    assert {route.path for route in before if isinstance(route, Route)} == {*CONTRACT, *BEYOND}
    kept = Route("/accounting/payments/{id}", real, methods=["DELETE"])
    routes = complete([kept], none, LetIn())
    client = TestClient(_without_errors(routes))
    assert client.delete("/accounting/payments/7").text == "real"
    assert client.get("/accounting/payments/7").status_code == 404
    assert client.patch("/accounting/payments/7").status_code == 405
    payment = "/accounting/payments/{"
    found = [one for one in routes if isinstance(one, Route) and one.path.startswith(payment)]
    assert [one.methods for one in found] == [{"DELETE"}, {"GET", "HEAD"}]


def test_what_is_said_of_paths_about_no_resource_is_said_of_unserved_ones(walked: Walked) -> None:
    """So that no text is left behind when a path gets a route."""
    assert {path for _, path in OPERATIONS} >= set(BESIDE)
    served = {path for (_, path), one in walked.answers.items() if one.code != "NOT_SUPPORTED"}
    assert served & set(BESIDE) == set()


def test_a_refusal_says_what_the_target_system_has_and_what_to_do() -> None:
    concepts = {
        "bills": Concept("SD--D", frozenset({"create"}), why={"create": "by upload"}),
        "suppliers": Concept(why={"read": "a name on bills"}),
    }

    def said(method: str, path: str) -> tuple[str, str]:
        error = refusal("here", concepts, method, path)
        return error.code, error.message

    assert said("POST", "/accounting/bills") == (
        "NOT_ENABLED",
        "here can create bills (by upload); this service doesn't offer it yet. Do it in its own "
        "words at POST /accounting/passThrough, or at the target system itself.",
    )
    assert said("DELETE", "/accounting/bills/{billId}") == (
        "NOT_SUPPORTED",
        "here has no way to delete bills.",
    )
    assert said("GET", "/accounting/suppliers") == (
        "NOT_SUPPORTED",
        "here has no suppliers (a name on bills).",
    )
    assert said("GET", "/accounting/accounts") == ("NOT_SUPPORTED", "here has no ledger accounts.")
    code, message = said("POST", "/accounting/event-subscriptions")
    assert code == "NOT_SUPPORTED"
    assert "POST /webhooks" in message


def _without_errors(routes: list[BaseRoute]) -> Starlette:
    async def failed(_request: Request, _error: Exception) -> Response:
        return Response(status_code=404)

    return Starlette(routes=routes, exception_handlers={ServiceError: failed})
