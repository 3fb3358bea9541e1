"""What all requests to write share."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from connector.api.named import schema_of


class Writable(BaseModel):
    """Fields in the contract's camel case; what isn't known is told as a warning."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value.adjusted()) > 12:
        raise ValueError("is a number of at most 12 digits")
    return value


Text = Annotated[str | None, BeforeValidator(_none_if_empty)]
"""A text that may be missing, null or empty: all the same."""

Moment = Annotated[Text, Field(json_schema_extra={"format": "date-time"})]
"""A day such as 2026-11-20, alone or with a time, which is left out."""

Number = Annotated[Decimal, AfterValidator(_finite)]
"""A number, exact to its last digit."""


def name_of(said: BaseModel, field: str) -> str:
    """Return what callers call a field."""
    return type(said).model_fields[field].alias or field


def word(vocabulary: Any) -> WithJsonSchema:
    """Return what describes one of the model's closed vocabularies, in `Annotated`."""
    return WithJsonSchema(schema_of(vocabulary))
