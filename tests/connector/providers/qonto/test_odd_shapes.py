"""One odd field costs only itself: never its record, never the page, and never without a word."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES
from connector.providers.qonto.documents.sales import (
    CLIENT_INVOICES,
    CLIENTS,
    PaymentMethod,
    QontoItem,
)
from tests.connector.providers.qonto.test_golden import MAPPINGS, NO_DOCUMENTS, SAMPLES

Json = Any
Path = tuple[str | int, ...]

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["1.50", "true", "2026-11-01", "1e999999999", 10**400, -1]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


def _samples() -> dict[str, Json]:
    found: dict[str, Json] = {}
    for file in sorted(SAMPLES.glob("*.json")):
        kind = file.name.partition(".")[0]
        if kind in MAPPINGS and file.stem not in NO_DOCUMENTS:
            document = json.loads(file.read_bytes())
            found[file.stem] = document.get(MAPPINGS[kind][0].singular, document)
    return found


DOCUMENTS = _samples()


def _paths(value: Json, path: Path = ()) -> list[Path]:
    """Every place below a value."""
    inside: list[tuple[str | int, Json]] = []
    if isinstance(value, dict):
        inside = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif isinstance(value, list):
        inside = list(enumerate(value))  # pyright: ignore[reportUnknownArgumentType]
    found: list[Path] = [path] if path else []
    for name, each in inside:
        found += _paths(each, (*path, name))
    return found


PLACES = [(name, path) for name, document in DOCUMENTS.items() for path in _paths(document)]


def _with(document: Json, path: Path, value: Json) -> Json:
    changed = copy.deepcopy(document)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def _said(document: QontoDocument) -> dict[str, Any]:
    return {
        field.name: getattr(document, field.name)
        for field in msgspec.structs.fields(document)
        if field.name != "odd_fields"
    }


@given(st.sampled_from(PLACES), VALUES)
def test_any_value_in_any_place_costs_that_field_alone(
    place: tuple[str, Path], value: Json
) -> None:
    """The record is in the list, its other fields are as they were, and a warning names the odd
    one wherever what's there isn't of the kind that the field has."""
    name, path = place
    resource, maps = MAPPINGS[name.partition(".")[0]]
    before = DOCUMENTS[name]
    changed = _with(before, path, value)
    neighbour = {"id": "neighbour"}
    body = msgspec.json.encode({resource.plural: [changed, neighbour], "meta": {"total_count": 2}})
    page = resource.read_page(body)
    record, other = page.records
    assert other.id == "neighbour"
    assert page.meta.total_count == 2
    assert record.document is not None
    plain, _ = resource.read_one(msgspec.json.encode(before))
    field = str(path[0])
    untouched = _said(plain)
    untouched.pop(field, None)
    found = _said(record.document)
    read = found.pop(field, None)
    assert found == untouched
    for mapping in maps.values():
        mapped = mapping(record.document)
        if mapped is not None:
            for odd in record.document.odd_fields:
                assert any(odd in warning for warning in mapped.warnings)
    if field in _said(plain) and len(path) == 1 and read is None and value not in (None, ""):
        assert field in record.document.odd_fields


@pytest.mark.parametrize(
    ("resource", "field", "value", "read"),
    [
        (CLIENT_INVOICES, "total_amount", 120.5, "120.5"),
        (SUPPLIER_INVOICES, "total_amount", "120.50", "120.50"),
    ],
)
def test_a_bare_amount_is_an_amount(resource: Any, field: str, value: Any, read: str) -> None:
    document, _ = resource.read_one(json.dumps({"id": "a", field: value}).encode())
    assert str(getattr(document, field).value) == read
    assert document.odd_fields == (field,)


def test_what_can_be_made_of_an_odd_field_counts() -> None:
    """Numbers for texts, and the elements of a list that fit; absent ones need no word."""
    document, _ = CLIENT_INVOICES.read_one(
        b'{"id":"a","number":2026001,"payment_methods":["transfer",{"iban":"FR76"}],'
        b'"items":[{"title":"x","quantity":[]},null,7],"client":"","discount":null}'
    )
    assert document.number == "2026001"
    assert document.payment_methods == [PaymentMethod(iban="FR76")]
    assert document.items == [QontoItem(title="x", quantity=[])]
    assert set(document.odd_fields) == {"number", "items[2]", "payment_methods[0]"}
    client, _ = CLIENTS.read_one(b'{"id":"a","name":{"x":1},"email":"e@example.org"}')
    assert (client.name, client.email, client.odd_fields) == (None, "e@example.org", ("name",))
