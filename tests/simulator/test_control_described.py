"""Every control call is described with its fields, and takes nothing else."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta
from qonto_simulator import Control, Simulator
from qonto_simulator.control.call import Call, Refused, calls_of

from .chromium import PROGRAM, WITHOUT, browsing
from .support import NOW, ORIGIN, Api

CALLS = [one for _, calls in calls_of(Control) for one in calls]
DESCRIBED = "/_simulator/openapi.json"
PYTHON = re.compile(
    r"unexpected keyword|positional argument|[A-Za-z]+(Error|Exception)\b|NoneType|Traceback"
    r"|<class|object at 0x|\bdict\b|\bNone\b|`(int|str|bool|float|list|array)`"
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["", "nope", "1e400", "2026-02-31", "9999-12-31", "0.2\n", "é", "draft"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def path_of(call: Call, id: str = "nope") -> str:
    return f"/_simulator{call.path.replace('{id}', id)}"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


class TestIndex:
    async def test_a_program_gets_json_and_a_browser_a_page(self, anybody: Api) -> None:
        document = await anybody.take("GET", "/_simulator")
        assert len(document["calls"]) == len(CALLS)
        accept = "text/html,application/xhtml+xml,*/*;q=0.8"
        page = await anybody.get("/_simulator", headers={"Accept": accept})
        assert page.headers["content-type"].startswith("text/html")
        for call in CALLS:
            assert f'id="{call.name}"' in page.text
            for field in call.fields:
                assert f"<code>{field.name}</code>" in page.text

    async def test_the_page_needs_nothing_from_elsewhere(self, anybody: Api) -> None:
        page = (await anybody.get("/_simulator", headers={"Accept": "text/html"})).text
        assert "<script" not in page
        assert not re.search(r'(src|href)="(https?:)?//', page)
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)

    async def test_every_field_has_a_type_a_default_and_a_meaning(self, anybody: Api) -> None:
        for one in (await anybody.take("GET", "/_simulator"))["calls"]:
            for field in one["fields"]:
                assert field["meaning"], (one["call"], field["name"])
                assert field["type"] != "any JSON value" or field["name"] == "body"
                assert not (field["required"] and field["default"] is not None)

    def test_every_public_method_is_a_control_call_of_the_same_name(self) -> None:
        public = {name for name, _ in inspect.getmembers(Control, callable) if name[0] != "_"}
        assert {call.name for call in CALLS} == public
        assert all(inspect.getdoc(getattr(Control, name)) for name in public)


class TestOpenApi:
    async def test_it_describes_exactly_the_routes_there_are(self, anybody: Api) -> None:
        document = await anybody.take("GET", DESCRIBED)
        assert document["openapi"] == "3.1.0"
        described = {(method, path) for method, path, _ in operations(document)}
        assert described == {(one.method, path_of(one, "{id}")) for one in CALLS}
        ids = [one["operationId"] for _, _, one in operations(document)]
        assert len(ids) == len(set(ids))

    async def test_its_schemas_are_schemas_and_its_examples_fit_them(self, anybody: Api) -> None:
        document = await anybody.take("GET", DESCRIBED)
        bodies = 0
        for _, path, operation in operations(document):
            in_path = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
            assert in_path == re.findall(r"{(\w+)}", path)
            for parameter in operation["parameters"]:
                meta.validate(parameter["schema"])
            if "requestBody" not in operation:
                continue
            media = operation["requestBody"]["content"]["application/json"]
            meta.validate(media["schema"])
            assert media["schema"]["additionalProperties"] is False
            if "example" in media:
                bodies += 1
                assert resolved(document, media["schema"]).is_valid(media["example"]), path
        assert bodies > 20

    async def test_answers_are_as_described(self, anybody: Api) -> None:
        document = await anybody.take("GET", DESCRIBED)
        for method, path, operation in operations(document):
            if "{" in path:
                path = re.sub(r"\{\w+\}", "nope", path)
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            response = await anybody.request(method, path, json=media.get("example", {}))
            described = operation["responses"].get(str(response.status_code))
            if described is None:
                assert response.status_code in (400, 404), (path, response.text)
                described = operation["responses"]["default"]
            schema = described["content"]["application/json"]["schema"]
            resolved(document, schema).validate(response.json())

    async def test_every_example_of_a_call_without_an_id_works(self, anybody: Api) -> None:
        for call in CALLS:
            needed = [one.name for one in call.fields if one.required]
            if "{" in call.path or (needed and call.example is None):
                continue
            body = dict(call.example or {})
            await anybody.take(call.method, path_of(call), call.status, json=body)


class TestRefusals:
    async def test_every_call_names_an_unknown_field_and_lists_the_known_ones(
        self, anybody: Api
    ) -> None:
        for call in CALLS:
            known = [one.name for one in call.fields if not one.in_path]
            for sent in ({"json": {"colour": "blue"}}, {"params": {"colour": "blue"}}):
                answer = await anybody.take(call.method, path_of(call), 400, **sent)
                error = next(one for one in answer["errors"] if one["code"] == "unknown_field")
                assert error["source"] == {"field": "colour"}, call
                assert '"colour"' in error["detail"], call
                assert all(name in error["detail"] for name in known), call

    async def test_every_call_names_a_wrong_type_and_what_was_expected(self, anybody: Api) -> None:
        for call in CALLS:
            for field in call.fields:
                if field.in_path or field.name == "body":
                    continue
                wrong = [[]] if "'object'" in str(field.schema) else {"nested": [{}]}
                body = {field.name: wrong}
                answer = await anybody.take(call.method, path_of(call), 400, json=body)
                own = {"field": field.name}
                (error,) = (one for one in answer["errors"] if one.get("source") == own)
                assert error["code"] == "invalid", (call, field)
                assert error["detail"].startswith(f"{field.name} must be "), (call, field)

    async def test_a_missing_field_is_named(self, anybody: Api) -> None:
        answer = await anybody.take("POST", "/_simulator/faults", 400, json={})
        assert [one["code"] for one in answer["errors"]] == ["required"]
        assert answer["errors"][0]["source"] == {"field": "path"}

    async def test_everything_that_is_wrong_is_said_at_once(self, anybody: Api) -> None:
        body = {"path": "v2", "times": 0, "colour": 1, "status": 700}
        answer = await anybody.take("POST", "/_simulator/faults", 400, json=body)
        assert {one["source"]["field"] for one in answer["errors"]} == set(body)

    async def test_a_field_may_come_in_the_query_but_not_twice(self, anybody: Api) -> None:
        answer = await anybody.take("POST", "/_simulator/clock?advance=60")
        assert answer["now"] == "2026-11-20T09:01:00.000Z"
        for url, body in (
            ("/_simulator/clock?advance=1&advance=2", None),
            ("/_simulator/clock?advance=1", {"advance": 1}),
        ):
            answer = await anybody.take("POST", url, 400, json=body)
            assert answer["errors"][0]["source"] == {"field": "advance"}
        await anybody.take("POST", "/_simulator/clock?advance=nan", 400)

    async def test_an_unknown_id_is_404(self, anybody: Api) -> None:
        answer = await anybody.take("POST", "/_simulator/invoices/nope/pay", 404)
        assert answer["errors"] == [{"code": "not_found", "detail": "there is no nope"}]

    def test_python_calls_are_checked_in_the_same_way(self) -> None:
        control = Simulator(clock=NOW).control
        with pytest.raises(Refused, match="status must be one of: draft, unpaid"):
            control.create_invoice(status="paid")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="there is no field"):
            control.set_quirks(nope=True)
        with pytest.raises(ValueError, match="created_status must be a whole number from 200"):
            control.set_quirks(created_status=500)
        with pytest.raises(KeyError):
            control.pay_invoice("nope")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), calls=st.lists(st.sampled_from(CALLS), min_size=3, max_size=6))
async def test_whatever_is_sent_is_done_or_refused_without_a_word_of_python(
    data: st.DataObject, calls: list[Call]
) -> None:
    simulator = Simulator(clock=NOW, base_url=ORIGIN)
    transport = httpx2.ASGITransport(simulator.app)
    async with Api(transport=transport, base_url=ORIGIN) as api:
        ids = ["nope", *_ids(simulator)]
        for call in calls:
            names = st.text(max_size=5)
            if call.fields:
                names = st.sampled_from([one.name for one in call.fields]) | names
            some = st.dictionaries(names, VALUES, max_size=4)
            body = data.draw(st.one_of(some, some, VALUES))
            if isinstance(body, dict) and isinstance(body.get("count"), int):
                body["count"] %= 50
            query = data.draw(st.dictionaries(names, st.text(max_size=8), max_size=1))
            path = path_of(call, data.draw(st.sampled_from(ids)))
            response = await api.request(call.method, path, json=body, params=query)
            assert response.status_code < 500, response.text
            if response.status_code >= 400:
                for error in response.json()["errors"]:
                    # What was sent may hold any word: quoted, or at the end.
                    said = re.sub(r'".*"', "", error["detail"].partition("; it is ")[0])
                    assert not PYTHON.search(said), said
        # What was set must not make the next request stumble.
        key = {"Authorization": f"{simulator.login}:{simulator.secret}"}
        for path in ("/", "/v2/client_invoices", "/v2/clients"):
            assert (await api.get(path, headers=key)).status_code < 500


def _ids(simulator: Simulator) -> list[str]:
    books = simulator.world.first
    found = [books.organisation.bank_accounts[0].id, books.organisation.members[-1].id]
    for records in (
        *(books.client_invoices, books.supplier_invoices, books.quotes),
        books.recurring_invoices,
    ):
        found += [one.id for one in list(records)[:4]]
    return found


@pytest.mark.loopback
@pytest.mark.skipif(PROGRAM is None, reason=WITHOUT)
async def test_the_page_fits_a_phone_and_a_desk_with_all_its_tables_open() -> None:
    from qonto_simulator import serving

    simulator = Simulator()
    async with serving(simulator) as url, browsing() as tab:
        await tab.call("Page.navigate", url=f"{url}/_simulator")
        await tab.see("document.querySelector('h1')?.textContent", "Control calls")
        opening = "document.querySelectorAll('details').forEach((one) => { one.open = true })"
        await tab.read(opening)
        for width in (390, 1280):
            size = {"width": width, "height": 1500, "deviceScaleFactor": 1, "mobile": False}
            await tab.call("Emulation.setDeviceMetricsOverride", **size)
            await tab.see("innerWidth", width)
            assert await tab.read("document.documentElement.scrollWidth <= innerWidth")
