"""Credit notes, customers, contacts, items and offers, and the lines of invoices and offers."""

from connector.routes.invoices import INVOICES
from connector.routes.lines import Lines
from connector.routes.parameters import one_of, text
from connector.routes.resource import Resource
from connector.unified.contact import ContactV2
from connector.unified.credit_note import CreditNote
from connector.unified.customer import Customer
from connector.unified.enums import ItemType, OfferStatus
from connector.unified.invoice import InvoiceLine
from connector.unified.item import Item
from connector.unified.offer import Offer, OfferLine

CREDIT_NOTES = Resource(
    "/accounting/creditNotes",
    "creditNoteId",
    chosen=lambda readers: readers.credit_notes,
    model=CreditNote,
    one="one of the credit notes issued",
    many="the credit notes issued",
    description="Amounts are negative as the target system has them.",
)

CUSTOMERS = Resource(
    "/accounting/customers",
    "contactId",
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
    "/accounting/contacts",
    "contactId",
    chosen=lambda readers: readers.contacts,
    model=ContactV2,
    one="a contact",
    many="the contacts",
    description="The customers, for clients that know contacts only.",
)

CONTACTS_V2 = Resource(
    "/accounting/v2/contacts",
    "contactId",
    chosen=lambda readers: readers.contacts,
    model=ContactV2,
    one="a contact at the second version's address",
    many="the contacts at the second version's address",
    description="The same as at /accounting/contacts.",
)

ITEMS = Resource(
    "/accounting/items",
    "itemId",
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

OFFERS = Resource(
    "/accounting/offers",
    "offerId",
    chosen=lambda readers: readers.offers,
    model=Offer,
    one="an offer",
    many="the offers made",
    filters=(one_of("status", OfferStatus, "Only offers that stand so.", "status"),),
)

INVOICE_LINES = Lines(
    INVOICES,
    InvoiceLine,
    of=lambda invoice: invoice.line_items,
    id_of=lambda line: line.line_item_id,
)

OFFER_LINES = Lines(
    OFFERS, OfferLine, of=lambda offer: offer.line_items, id_of=lambda line: line.id
)
