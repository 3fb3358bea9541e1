"""What fields mean, for the API's description.

Meanings are values, never docstrings or comments: `python -OO` drops those. A model says its own by
assigning `__doc__`.
"""

from typing import Annotated, Any

import msgspec


def meaning(text: str, **schema: Any) -> msgspec.Meta:
    """Return what says so beside the field's type, in `Annotated`; `schema` is JSON Schema."""
    return msgspec.Meta(description=text, extra_json_schema=schema or None)


Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""A moment as text, such as 2026-11-01T09:15:12.000Z."""

Never = Annotated[
    str,
    meaning("Always the text null: it doesn't expire, and the contract has a text.", const="null"),
]
