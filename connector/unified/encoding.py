"""How unified values become JSON: decimals as numbers, digit for digit."""

from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Write a unified value as JSON. A `Decimal` keeps its digits; it must be finite."""
    return _ENCODER.encode(value)
