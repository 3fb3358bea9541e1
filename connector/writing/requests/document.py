"""What the documents that are issued have in common: lines, and what is printed on them."""

from typing import Annotated

from pydantic import Field

from connector.unified.enums import LineAmountTypes, TaxRule
from connector.writing.requests.base import Number, Text, Writable, word


class LineRequest(Writable):
    __doc__ = """A line of a document to be made. Prices are without tax unless it says otherwise.

    Beyond the contract: `tax_exemption_reason`.
    """

    name: Text = Field(None, description="What the line is about, in at most 40 characters.")
    description: Text = Field(None, description="More about it, in at most 1,800 characters.")
    quantity: Number = Field(description="How many units.", examples=[2])
    unit_name: Text = Field(None, description="What is counted, such as day.", examples=["day"])
    unit_amount: Number | None = Field(None, description="The price of one unit.", examples=[600])
    tax_rate_percentage: Number | None = Field(
        None, description="The rate of tax in percent, 20 for 20 %.", examples=[20]
    )
    tax_exemption_reason: Text = Field(
        None,
        description=(
            "The code of the law by which there is no tax, such as S293B; not in the contract. "
            "Needed at the rate 0 unless the document's taxRule leaves no doubt."
        ),
    )
    discount_item_percentage: Number | None = Field(
        None, description="What is taken off the line, in percent."
    )
    item_id: Text = Field(
        None, description="The id of an item, whose name, price and rate the line has by default."
    )
    line_item_id: Text = Field(
        None, description="The id of the line that is changed; lines without one are new."
    )
    gross_amount: Number | None = Field(
        None, description="What you reckon the line comes to with tax: checked."
    )


class DocumentFields(Writable):
    __doc__ = "What can be said of a document that is issued."

    currency: Text = Field(None, description="The currency: EUR.", examples=["EUR"])
    line_amount_types: Annotated[LineAmountTypes, word(LineAmountTypes)] | None = Field(
        None, description="Whether prices are without tax, with it, or untaxed. EXCLUSIVE."
    )
    discount_percentage: Number | None = Field(
        None, description="What is taken off the whole document, in percent."
    )
    gross_total_amount: Number | None = Field(
        None, description="What you reckon it comes to with tax: checked before it is sent."
    )
    tax_rule: Annotated[TaxRule, word(TaxRule)] | None = Field(
        None, description="By which rule it is taxed."
    )
    header: Text = Field(None, description="What stands above the lines; not in the contract.")
    footer: Text = Field(None, description="What stands at its foot; not in the contract.")
    terms_and_conditions: Text = Field(
        None, description="The terms, in at most 525 characters; not in the contract."
    )
    name: Text = Field(None, description="Not used: documents carry the customer's name.")
    one_line_address: Text = Field(None, description="Not used: the address is the customer's.")
    tax_text: Text = Field(None, description="Not used: the target system words it itself.")
