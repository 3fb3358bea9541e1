"""The accounting endpoints through HTTP: parameters, envelope, errors."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connector.api.parameters import parameters_of
from connector.api.routing import operations, routes
from connector.faces.rest import GROUPS
from connector.faces.rest.reading import reading_operations
from connector.reading import Reading
from connector.registry import Registry
from connector.resources.bills import BILLS
from connector.resources.booking_proposals import BOOKING_PROPOSALS
from connector.resources.invoices import INVOICES
from storage.errors import Invalid, ServiceError
from tests.connector.providers.qonto.bank import (
    Bank,
    client_invoice,
    credit_note,
    provider,
    supplier_invoice,
    uuid,
)
from tests.support.gates import LetIn

AT = datetime(2026, 11, 1, 9, 15, tzinfo=UTC)
LISTS = ("invoices", "bills", "bookingProposals")
KINDS = (INVOICES, BILLS, BOOKING_PROPOSALS)
"""Those that the bank has documents for."""


@dataclass(frozen=True)
class Account:
    id: str = "acct_1"
    target: str = "qonto"
    tenant_id: str = "ten_1"


class Caller:
    """A client of the endpoints behind an edge that has already let it in."""

    def __init__(self, bank: Bank, account: Account | None = None) -> None:
        registry = Registry([provider(bank)])
        unused = dict.fromkeys(
            (
                *("writing", "uploads", "issuing", "jobs", "paying", "trusting", "closing"),
                *("payouts", "copies"),
            )
        )
        books = SimpleNamespace(reading=Reading(registry), registry=registry, **unused)
        app = Starlette(
            routes=routes(GROUPS, books, LetIn()), exception_handlers={ServiceError: self._failed}
        )
        self.error: ServiceError | None = None
        self._account = account or Account()
        self._app = app

    async def _failed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        self.error = error
        return JSONResponse({"code": error.code}, status_code=400)

    async def _edge(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        request.state.account = self._account
        request.state.request_id = "req-1"
        await self._app(scope, receive, send)

    async def get(self, path: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(self._edge)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    async def fields(self, path: str) -> dict[str, str]:
        """Return which fields a refused request names, and why."""
        await self.get(path)
        assert isinstance(self.error, Invalid)
        return {field.field: field.code for field in self.error.fields}


def _bank() -> Bank:
    bank = Bank()
    bank.client_invoices = [client_invoice(n, AT + timedelta(days=n)) for n in range(1, 8)]
    bank.supplier_invoices = [supplier_invoice(n, AT) for n in range(21, 23)]
    bank.credit_notes = [credit_note(31, AT)]
    return bank


async def test_a_list_has_data_meta_raw_data_and_no_errors() -> None:
    """With paging of the whole list, warnings, and the request's id."""
    answer = await Caller(_bank()).get("/accounting/invoices?page=2&limit=5")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == ["data", "meta", "rawData", "errors"]
    assert [one["invoiceNumber"] for one in body["data"]] == ["F-2", "F-1"]
    assert body["meta"] == {
        "pagination": {"total": 7, "perPage": 5, "currentPage": 2, "totalPages": 2},
        "warnings": [],
        "requestId": "req-1",
    }
    assert (body["rawData"], body["errors"]) == (None, None)
    assert '"totalAmount":2.10' in answer.text


@pytest.mark.parametrize(
    ("path", "number"), [("invoices", 1), ("bills", 21), ("bookingProposals", 31)]
)
async def test_a_single_record_has_its_source_when_asked(path: str, number: int) -> None:
    """As an object; without being asked it is null."""
    bank = _bank()
    url = f"/accounting/{path}/{uuid(number)}"
    plain = (await Caller(bank).get(url)).json()
    assert plain["data"]["id"] == uuid(number)
    assert plain["rawData"] is None
    assert plain["meta"] == {"pagination": None, "warnings": [], "requestId": "req-1"}
    raw = (await Caller(bank).get(url + "?rawData=true")).json()
    assert raw["rawData"]["id"] == uuid(number)
    assert (
        raw["rawData"]["created_at"] == (AT if number != 1 else AT + timedelta(days=1)).isoformat()
    )


@pytest.mark.parametrize("path", LISTS)
async def test_raw_data_of_a_list_is_an_object(path: str) -> None:
    """The provider's page, never an array."""
    body = (await Caller(_bank()).get(f"/accounting/{path}?rawData=true")).json()
    assert isinstance(body["rawData"], dict)
    assert len(body["data"]) == sum(
        len(value) for value in body["rawData"].values() if isinstance(value, list)
    )


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("page=0", {"page": "OUT_OF_RANGE"}),
        ("page=-1", {"page": "OUT_OF_RANGE"}),
        ("page=two", {"page": "OUT_OF_RANGE"}),
        ("page=99999999999", {"page": "OUT_OF_RANGE"}),
        ("limit=7", {"limit": "NOT_ALLOWED"}),
        ("limit=1000", {"limit": "NOT_ALLOWED"}),
        ("rawData=maybe", {"rawData": "NOT_A_BOOLEAN"}),
        ("lastModifiedAt=yesterday", {"lastModifiedAt": "NOT_A_DATE"}),
        ("lastModified=x", {"lastModified": "NOT_A_DATE"}),
        ("page=0&limit=3", {"page": "OUT_OF_RANGE", "limit": "NOT_ALLOWED"}),
        ("limit=3&status=X", {"limit": "NOT_ALLOWED", "status": "NOT_ALLOWED"}),
    ],
)
async def test_wrong_values_are_named_field_by_field(
    path: str, query: str, fields: dict[str, str]
) -> None:
    """All of them at once, and Qonto isn't asked."""
    bank = _bank()
    caller = Caller(bank)
    assert await caller.fields(f"/accounting/{path}?{query}") == fields
    assert caller.error is not None
    assert caller.error.code == "VALIDATION_FAILED"
    assert bank.requests == []


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("invoices", ("status", "paymentStatus", "dueDateFrom", "orderField", "orderDir")),
        ("bills", ("status", "paymentStatus", "orderField", "orderDir")),
        ("bookingProposals", ("status", "orderField", "orderDir")),
    ],
)
async def test_a_value_that_a_filter_does_not_know_is_refused_not_ignored(
    path: str, names: tuple[str, ...]
) -> None:
    """Ignoring it would answer something else than was asked."""
    for name in names:
        caller = Caller(_bank())
        assert await caller.fields(f"/accounting/{path}?{name}=X") == {name: "NOT_ALLOWED"}


async def test_a_parameter_that_comes_twice_is_refused_by_name() -> None:
    """Whichever operation and parameter it is; taking one value would lose the other silently."""
    caller = Caller(_bank())
    described = [
        (operation.path, parameter.name)
        for operation in operations(GROUPS)
        for parameter in parameters_of(operation)
        if operation.method == "GET" and parameter.place == "query" and "{" not in operation.path
    ]
    assert len(described) > 50
    for path, name in described:
        caller.error = None
        assert await caller.fields(f"{path}?{name}=a&{name}=b") == {name: "REPEATED"}, path


async def test_what_is_not_used_is_said_in_a_warning() -> None:
    """Parameters for other target systems, and unknown ones."""
    query = "environmentName=Prod&companyId=7&colour=blue&bookingType=BILL"
    body = (await Caller(_bank()).get(f"/accounting/invoices?{query}")).json()
    warnings = body["meta"]["warnings"]
    assert [warning.split(" ")[0] for warning in warnings] == [
        "environmentName",
        "companyId",
        "'colour'",
        "'bookingType'",
    ]
    single = await Caller(_bank()).get(f"/accounting/invoices/{uuid(1)}?page=2")
    assert "'page'" in single.json()["meta"]["warnings"][0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("lastModifiedAt=2026-11-07T09:15:00Z", 2),
        ("lastModified=2026-11-07T09:15:00Z", 2),
        ("lastModifiedAt=2026-11-07T09:15:00.001Z", 1),
        ("lastModifiedAt=2026-11-07T10:15:00%2B01:00", 2),
        ("lastModifiedAt=2026-11-07T10:15:00+01:00", 2),  # the plus arrives as a space
        ("lastModifiedAt=2026-11-07T09:15:00", 2),
        ("lastModifiedAt=2026-11-08", 1),
        ("lastModifiedAt=2026-11-09T00:00:00Z&lastModified=2020-01-01T00:00:00Z", 0),
        ("lastModifiedAt=", 7),
    ],
)
async def test_last_modified_takes_moments_in_every_usual_form(query: str, expected: int) -> None:
    """Inclusive; without an offset it is UTC; the newer name wins."""
    body = (await Caller(_bank()).get(f"/accounting/invoices?{query}")).json()
    assert len(body["data"]) == expected
    assert body["meta"]["pagination"]["total"] == expected


async def test_booking_proposals_are_filtered_by_type() -> None:
    """One of the contract's words; another is refused."""
    found = await Caller(_bank()).get("/accounting/bookingProposals?bookingType=BILL&limit=5")
    assert [one["bookingType"] for one in found.json()["data"]] == ["BILL", "BILL"]
    wrong = await Caller(_bank()).fields("/accounting/bookingProposals?bookingType=BILLS")
    assert wrong == {"bookingType": "NOT_ALLOWED"}


async def test_without_totals_there_is_no_pagination_and_a_warning() -> None:
    """The contract's numbers can't be null."""
    bank = _bank()
    bank.sends_totals = False
    body = (await Caller(bank).get("/accounting/invoices")).json()
    assert body["meta"]["pagination"] is None
    assert len(body["meta"]["warnings"]) == 1
    assert len(body["data"]) == 7


async def test_an_account_of_an_unknown_target_system_is_an_error_of_its_own() -> None:
    """Its provider may have been taken out of the configuration."""
    caller = Caller(_bank(), Account(target="other"))
    await caller.get("/accounting/invoices")
    assert caller.error is not None
    assert caller.error.code == "TARGET_SYSTEM_UNKNOWN"


@pytest.mark.parametrize("path", LISTS)
async def test_an_unknown_id_is_not_found(path: str) -> None:
    """A UUID or not."""
    for unknown in (uuid(999), "nonsense"):
        caller = Caller(_bank())
        await caller.get(f"/accounting/{path}/{unknown}")
        assert caller.error is not None
        assert caller.error.code == "NOT_FOUND"


async def test_bill_lines_are_an_empty_list() -> None:
    """Qonto has none; the list is there all the same."""
    body = (await Caller(_bank()).get("/accounting/bills")).json()
    assert [bill["lineItems"] for bill in body["data"]] == [[], []]


def test_every_name_in_a_path_is_described_and_no_other() -> None:
    for operation in operations(GROUPS):
        in_path = {one.name for one in parameters_of(operation) if one.place == "path"}
        assert in_path == {part[1:-1] for part in operation.path.split("/") if part.startswith("{")}


async def test_every_described_parameter_is_understood() -> None:
    """None leads to a warning or a refusal when it has a value of its schema."""
    values: dict[str, str] = {
        "page": "1",
        "limit": "20",
        "lastModifiedAt": "2026-01-01T00:00:00Z",
        "rawData": "true",
        **dict.fromkeys(
            ("dueDateFrom", "dueDateTo", "createdDateFrom", "createdDateTo"), "2026-01-01"
        ),
        "operationType": "card",
    }
    for operation in reading_operations(replace(kind, lines=None) for kind in KINDS):
        query = "&".join(
            f"{one.name}={one.schema.get('enum', [values.get(one.name)])[0]}"
            for one in parameters_of(operation)
            if one.place == "query"
        )
        number = 1 if "invoices" in operation.path or "Proposals" in operation.path else 21
        path = operation.path.split("{")[0] + (uuid(number) if "{" in operation.path else "")
        answer = await Caller(_bank()).get(f"{path}?{query}")
        assert answer.status_code == operation.status
        assert json.loads(answer.content)["meta"]["warnings"] == []
