"""An item to be made."""

from typing import Annotated

from pydantic import Field

from connector.unified.enums import ItemType, UnitName
from connector.writing.requests.base import Moment, Number, Text, word
from connector.writing.requests.document import PricedFields


class ItemRequest(PricedFields):
    __doc__ = """Something that is sold.

    Beyond the contract: `description`, `internalNote` and `taxExemptionReason`.
    """

    name: Text = Field(
        None, description="What it is called, in at most 120 characters.", examples=["Consulting"]
    )
    type: Annotated[ItemType, word(ItemType)] | None = Field(
        None, description="Whether it is a product or a service."
    )
    unit_amount: Number | None = Field(
        None,
        alias="unitSalesPrice",
        description="What one unit is sold for, in euros.",
        examples=[600],
    )
    price_includes_tax: bool | None = Field(
        None, description="Whether that is with tax; without by default."
    )
    unit_name: Annotated[UnitName, word(UnitName)] | None = Field(
        None, description="What it is counted in."
    )
    description: Text = Field(
        None, description="More about it, for documents; not in the contract."
    )
    internal_note: Text = Field(
        None, description="A note that no customer sees; not in the contract."
    )
    item_number: Text = Field(None, description="Not used: items have no number.")
    asset_account_id: Text = Field(None, description="Not used: nothing is booked to accounts.")
    expense_account_id: Text = Field(None, description="Not used: nothing is booked to accounts.")
    income_account_id: Text = Field(None, description="Not used: nothing is booked to accounts.")
    inventory_start_date: Moment = Field(None, description="Not used: stocks aren't kept.")
    stock_count: Number | None = Field(None, description="Not used: stocks aren't kept.")
    tax_code: Text = Field(None, description="Not used: the rate says it.")
    unit_purchase_price: Number | None = Field(None, description="Not used: it is what is sold.")
