"""Whom the organisation sells to: as customers, and in the contract's shape of contacts."""

from connector.resources.filters import text
from connector.resources.resource import OtherAddress, Resource
from connector.unified.contact import ContactV2
from connector.unified.customer import Customer

CUSTOMERS = Resource(
    name="customers",
    id_name="contactId",
    chosen=lambda readers: readers.customers,
    model=Customer,
    one="a customer",
    many="the customers",
    filters=(
        text("email", "Only those with exactly this address, in either case."),
        text("name", "Only those whose name has this part, whatever its capitals and accents."),
        text("number", "Only those with this number."),
    ),
    description="Newest first.",
)

CONTACTS = Resource(
    name="contacts",
    id_name="contactId",
    chosen=lambda readers: readers.contacts,
    model=ContactV2,
    one="a contact",
    many="the contacts",
    description="The customers, for clients that know contacts only.",
    also_at=(
        OtherAddress(
            "v2/contacts",
            "a contact at the second version's address",
            "the contacts at the second version's address",
            "The same as at /accounting/contacts.",
        ),
    ),
)
