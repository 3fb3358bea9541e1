"""What the documents that are issued have in common: lines, and what is printed on them."""

from typing import Annotated

from pydantic import Field

from connector.unified.enums import LineAmountTypes, TaxRule
from connector.writing.requests.base import Number, Text, Writable, word


class PricedFields(Writable):
    __doc__ = "A price for one unit, and its tax."

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


class LineFields(PricedFields):
    __doc__ = """What can be said of a line. Prices are without tax unless the document says other.

    Documents name some of it in their own ways, by aliases; in here one name does. Beyond the
    contract: `tax_exemption_reason`.
    """

    name: Text = Field(None, description="What the line is about, in at most 40 characters.")
    description: Text = Field(None, description="More about it, in at most 1,800 characters.")
    quantity: Number | None = Field(None, description="How many units.", examples=[2])
    unit_name: Text = Field(None, description="What is counted, such as day.", examples=["day"])
    item_id: Text = Field(
        None, description="The id of an item, whose name, price and rate the line has by default."
    )
    discount_percentage: Number | None = Field(
        None,
        alias="discountItemPercentage",
        description="What is taken off the line, in percent.",
    )
    discount_amount: Number | None = Field(
        None,
        alias="discountItemAmount",
        description=(
            "What is taken off the line without tax, where it isn't said in percent; not in the "
            "contract."
        ),
    )
    gross_amount: Number | None = Field(
        None, description="What you reckon the line comes to with tax: checked."
    )
    net_amount: Number | None = Field(
        None,
        alias="itemsAmount",
        description="What you reckon it comes to without tax: checked. Not in the contract.",
    )
    account_code: Text = Field(None, description="Not used: nothing is booked to accounts.")
    account_id: Text = Field(None, description="Not used: nothing is booked to accounts.")
    tax_code: Text = Field(None, description="Not used: the rate says it.")
    tax_type: Text = Field(None, description="Not used: the rate says it.")
    type: Text = Field(None, description="Not used: there is one kind of line.")


class NewLine(LineFields):
    __doc__ = "A line of an invoice to be made."

    quantity: Number | None = Field(description="How many units.", examples=[2])


class LineChange(LineFields):
    __doc__ = "What to change of a line; what isn't sent stays as it is."


class LineRequest(LineFields):
    __doc__ = "A line of an invoice as it is to be: a new one, or one there is."

    line_item_id: Text = Field(
        None,
        description=(
            "The id of a line there is: what isn't sent stays as it is there. Lines without one "
            "are new."
        ),
    )


class TotalLineFields(LineFields):
    __doc__ = "What can be said of a line of an offer or a credit note."

    discount_percentage: Number | None = Field(
        None,
        alias="totalDiscountPercentage",
        description="What is taken off the line, in percent.",
    )
    discount_amount: Number | None = Field(
        None,
        alias="totalDiscountAmount",
        description="What is taken off the line without tax, where it isn't said in percent.",
    )
    gross_amount: Number | None = Field(
        None,
        alias="totalGrossAmount",
        description="What you reckon the line comes to with tax: checked.",
    )
    net_amount: Number | None = Field(
        None,
        alias="totalNetAmount",
        description="What you reckon the line comes to without tax: checked.",
    )
    tax_amount: Number | None = Field(
        None,
        alias="totalTaxAmount",
        description="What you reckon the tax of the line is: checked.",
    )
    unit_discount_amount: Number | None = Field(
        None, description="Must be 0: discounts are taken off the whole line."
    )
    unit_discount_percentage: Number | None = Field(
        None, description="Must be 0: discounts are taken off the whole line."
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
    gross_amount: Number | None = Field(
        None,
        alias="grossTotalAmount",
        description="What you reckon it comes to with tax: checked before it is sent.",
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


class TotalFields(DocumentFields):
    __doc__ = "What can be said of an offer or a credit note."

    line_amount_types: Annotated[LineAmountTypes, word(LineAmountTypes)] | None = Field(
        None,
        description="Whether prices are without tax, with it, or untaxed; not in the contract.",
    )
    tax_rule: Annotated[TaxRule, word(TaxRule)] | None = Field(
        None, description="By which rule it is taxed; not in the contract."
    )
    discount_percentage: Number | None = Field(
        None,
        alias="totalDiscountPercentage",
        description="What is taken off the whole document, in percent.",
    )
    discount_amount: Number | None = Field(
        None,
        alias="totalDiscountAmount",
        description="What is taken off the whole document, where it isn't said in percent.",
    )
    gross_amount: Number | None = Field(
        None,
        alias="totalGrossAmount",
        description="What you reckon it comes to with tax: checked before it is sent.",
    )
    net_amount: Number | None = Field(
        None,
        alias="totalNetAmount",
        description="What you reckon it comes to without tax: checked before it is sent.",
    )
    tax_amount: Number | None = Field(
        None,
        alias="totalTaxAmount",
        description="What you reckon its tax is: checked before it is sent.",
    )
