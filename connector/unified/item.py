"""Something the organisation sells or buys."""

from decimal import Decimal
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.unified import fields
from connector.unified.enums import ItemType, UnitName


class Item(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A product or a service, with its prices for one unit."""

    id: fields.Id
    asset_account_id: Annotated[str | None, meaning("The id of the account for stock.")]
    expense_account_id: Annotated[str | None, meaning("The id of the account for buying it.")]
    income_account_id: Annotated[str | None, meaning("The id of the account for selling it.")]
    inventory_start_date: Annotated[Moment | None, meaning("Since when its stock is counted.")]
    item_number: Annotated[str | None, meaning("The number that the organisation knows it by.")]
    last_modified_date: Annotated[
        Moment | None, meaning("When it was last changed at the target system.")
    ]
    name: Annotated[str | None, meaning("What it is called.")]
    price_includes_tax: Annotated[bool | None, meaning("Whether its prices are with tax.")]
    stock_count: Annotated[Decimal | None, meaning("How many are in stock.")]
    tax_code: fields.TaxCode
    tax_rate_percentage: fields.TaxRatePercentage
    type: Annotated[ItemType | None, meaning("Whether it is a product or a service.")]
    unit_name: Annotated[UnitName | None, meaning("What it is counted in.")]
    unit_purchase_price: Annotated[Decimal | None, meaning("What one unit costs.")]
    unit_sales_price: Annotated[Decimal | None, meaning("What one unit is sold for.")]
