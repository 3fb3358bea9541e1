"""Something the organisation sells or buys."""

from decimal import Decimal

import msgspec

from connector.unified.enums import ItemType, UnitName


class Item(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A product or a service, with its prices for one unit."""

    id: str | None
    asset_account_id: str | None
    expense_account_id: str | None
    income_account_id: str | None
    inventory_start_date: str | None
    item_number: str | None
    last_modified_date: str | None
    name: str | None
    price_includes_tax: bool | None
    stock_count: Decimal | None
    tax_code: str | None
    tax_rate_percentage: Decimal | None
    type: ItemType | None
    unit_name: UnitName | None
    unit_purchase_price: Decimal | None
    unit_sales_price: Decimal | None
