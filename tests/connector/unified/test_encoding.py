"""Decimals on the wire."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.api.envelope import encode


@pytest.mark.parametrize(
    "text", ["0", "12.50", "-0.01", "1E+3", "0E-7", "123456789012345678901234567890.123", "1E-30"]
)
def test_a_decimal_is_a_number_with_its_digits(text: str) -> None:
    """No quotes, no rounding, trailing zeros kept."""
    assert encode([Decimal(text)]).decode() == f"[{text}]"


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_finite_decimal_is_valid_json_and_the_same_number(value: Decimal) -> None:
    """In whatever notation it is written."""
    assert json.loads(encode(value), parse_float=Decimal, parse_int=Decimal) == value
