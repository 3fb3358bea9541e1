"""An offer to be made or changed."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, field_validator

from connector.api.named import choice
from connector.unified.enums import AddressType
from connector.writing.requests.base import Moment, Number, Text, Writable, word
from connector.writing.requests.document import TotalFields, TotalLineFields

Offered = Annotated[
    Literal["DRAFT", "SENT"],
    WithJsonSchema(
        choice(
            "NewOfferStatus", "What is offered waits for the customer's answer.", ("DRAFT", "SENT")
        )
    ),
]


class OfferAddress(Writable):
    __doc__ = "An address on an offer."

    address_line1: Text = Field(None, description="Street and number.")
    address_line2: Text = Field(None, description="What else the address has.")
    city: Text = Field(None, description="The city.")
    postal_code: Text = Field(None, description="The postal code.")
    country_code: Text = Field(None, description="The country, by its ISO 3166-1 alpha-2 code.")
    type: Annotated[AddressType, word(AddressType)] | None = Field(
        None, description="What the address is for."
    )


class NewOfferLine(TotalLineFields):
    __doc__ = "A line of an offer to be made."

    quantity: Number | None = Field(description="How many units.", examples=[2])


class OfferLineChange(TotalLineFields):
    __doc__ = "What to change of a line of an offer; what isn't sent stays as it is."


class OfferLineRequest(TotalLineFields):
    __doc__ = "A line of an offer as it is to be: a new one, or one there is."

    line_item_id: Text = Field(
        None,
        alias="id",
        description=(
            "The id of a line there is: what isn't sent stays as it is there. Lines without one "
            "are new."
        ),
    )


class OfferFields(TotalFields):
    __doc__ = """What can be said of an offer.

    Beyond the contract: `expiryDate`, and what is printed on it.
    """

    terms_and_conditions: Text = Field(None, description="The terms; not in the contract.")
    offer_number: Text = Field(
        None, description="The number; the next one by default, where numbers are automatic."
    )
    addresses: tuple[OfferAddress, ...] = Field(
        (), description="Not used: the addresses are the customer's."
    )
    reference: Text = Field(None, description="Not used: offers have no place for it.")
    status: Offered | None = Field(
        None, description="DRAFT or SENT: it waits for the customer's answer either way."
    )
    file_id: Text = Field(
        None, description="The id of an uploaded file that goes with it; not in the contract."
    )


class NewOffer(OfferFields):
    __doc__ = "What can be said of an offer to be made, but for its lines."

    contact_id: str = Field(description="The id of the customer.")
    offer_date: Annotated[str, Field(json_schema_extra={"format": "date-time"})] = Field(
        description="The date on it.", examples=["2026-11-20"]
    )
    expiry_date: Annotated[str, Field(json_schema_extra={"format": "date-time"})] = Field(
        description="The last day on which it is good; not in the contract.",
        examples=["2026-12-20"],
    )
    terms_and_conditions: Text = Field(
        description="The terms, which every offer has; not in the contract.",
        examples=["Good for 30 days."],
    )


class OfferRequest(NewOffer):
    __doc__ = "An offer to be made."

    line_items: tuple[NewOfferLine, ...] = Field(min_length=1, description="The lines.")


class ServiceLine(NewOfferLine):
    __doc__ = "A line of an offer for a service: described freely, about no item."

    name: Text = Field(
        description="What the line is about, in at most 40 characters.",
        examples=["Two days of consulting"],
    )
    item_id: Text = Field(None, description="Not allowed: the line is about no item.")

    @field_validator("name")
    @classmethod
    def _is_described(cls, value: str | None) -> str | None:
        if not value or not value.strip():
            raise ValueError("says what the line is about")
        return value

    @field_validator("item_id")
    @classmethod
    def _is_about_no_item(cls, value: str | None) -> str | None:
        if value is not None:
            raise ValueError("is not allowed: the line is about no item")
        return value


class ServiceOfferRequest(NewOffer):
    __doc__ = "An offer of services to be made, with lines that are described freely."

    line_items: tuple[ServiceLine, ...] = Field(min_length=1, description="The lines.")


class OfferChange(OfferFields):
    __doc__ = "What to change of an offer that waits for its answer; what isn't sent stays."

    contact_id: Text = Field(None, description="Must be the customer's: an offer keeps it.")
    offer_date: Moment = Field(None, description="The date on it.")
    expiry_date: Moment = Field(
        None, description="The last day on which it is good; not in the contract."
    )
    line_items: tuple[OfferLineRequest, ...] | None = Field(
        None, description="All its lines: they take the place of those there are."
    )
