"""What the organisation sells."""

from connector.resources.filters import one_of, text
from connector.resources.resource import RecordWrite, Resource
from connector.unified.enums import ItemType
from connector.unified.item import Item
from connector.writing.requests.item import ItemRequest

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
    writes=(
        RecordWrite(
            action="create",
            summary="Make an item",
            request=ItemRequest,
            description="There may be any number of items of one name: look whether it is there.",
        ),
        RecordWrite(
            action="delete",
            summary="Delete an item",
            description="For good. Lines that were made with it stay as they are.",
        ),
    ),
)
