"""What the organisation sells."""

from connector.resources.filters import one_of, text
from connector.resources.resource import Resource
from connector.unified.enums import ItemType
from connector.unified.item import Item

ITEMS = Resource(
    name="items",
    id_name="itemId",
    chosen=lambda readers: readers.items,
    model=Item,
    one="an item",
    many="the items sold",
    filters=(
        one_of("type", ItemType, "Only items of this type."),
        text("itemNumber", "Only items with this number."),
    ),
    description="Products and services with the prices they are offered at.",
    single_as_list=True,
)
