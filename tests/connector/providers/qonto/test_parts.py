"""Small decisions of the mapping: which addresses are empty, and which amounts are worth a word."""

from typing import Any

import pytest

from connector.providers.qonto.documents.sales import Client, PostalAddress
from connector.providers.qonto.mapping.client import places_of
from connector.providers.qonto.mapping.notes import Notes

FIELDS = ("street_address", "city", "zip_code", "country_code")


@pytest.mark.parametrize("field", FIELDS)
def test_an_address_with_a_single_field_is_an_address(field: str) -> None:
    """In each of the forms, whichever field it is."""
    given: Any = {field: "x"}
    only = PostalAddress(**given)
    assert places_of(Client(billing_address=only)) == [(only, "BILLING")]
    assert places_of(Client(delivery_address=only)) == [(only, "DELIVERY")]
    older: Any = {"address" if field == "street_address" else field: "x"}
    assert places_of(Client(**older)) == [(only, "BILLING")]


@pytest.mark.parametrize("empty", [None, ""])
def test_an_address_without_any_field_is_none(empty: str | None) -> None:
    blank = PostalAddress(empty, empty, empty, empty)
    assert places_of(Client(billing_address=blank, delivery_address=blank)) == []
    older = Client(billing_address=blank, city="Paris")
    assert places_of(older) == [(PostalAddress(city="Paris"), "BILLING")]


@pytest.mark.parametrize("value", ["1", "1.00", "-1", "0.01", "2", "0.000001"])
def test_a_part_of_a_total_without_counterpart_is_told(value: str) -> None:
    notes = Notes("invoice", "7")
    notes.parts_of_total(stamp_duty_amount=value)
    (warning,) = notes.warnings
    assert warning.startswith("invoice 7: stamp_duty_amount has no counterpart")


@pytest.mark.parametrize("value", [None, "", "0", "0.00", "-0.0"])
def test_a_part_of_a_total_that_is_nothing_is_not_told(value: str | None) -> None:
    notes = Notes("invoice", "7")
    notes.parts_of_total(stamp_duty_amount=value)
    assert notes.warnings == []
