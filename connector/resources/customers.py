"""Whom the organisation sells to: as customers, and in the contract's shape of contacts."""

from connector.resources.filters import text
from connector.resources.resource import OtherAddress, RecordBatch, RecordWrite, Resource
from connector.unified.batch import ContactBatch, contact_batch
from connector.unified.contact import ContactV2
from connector.unified.customer import Customer
from connector.writing.requests.contact import ContactChange, ContactRequest, ContactsRequest
from connector.writing.requests.customer import CustomerChange, CustomerRequest

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
        text("vatId", "Only those with exactly this VAT number, in either case."),
        text("taxNumber", "Only those with exactly this tax number, in either case."),
    ),
    description="Newest first.",
    writes=(
        RecordWrite(
            action="create",
            summary="Make a customer",
            request=CustomerRequest,
            description=(
                "The target system may have any number of customers of one name: look whether it "
                "is there already. To be invoiced it needs a currency, a language and an address, "
                "in France also a tax number."
            ),
        ),
        RecordWrite(
            action="update",
            summary="Change a customer",
            request=CustomerChange,
            description="What isn't sent stays as it is. An address that is sent replaces the old.",
            methods=("PATCH", "PUT"),
        ),
        RecordWrite(
            action="delete",
            summary="Delete a customer",
            description="For good. Documents that were made out to it keep its name and address.",
        ),
    ),
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
    writes=(
        RecordWrite(
            action="create",
            summary="Make a contact",
            request=ContactRequest,
            description="The same as a customer, in the contract's shape of contacts.",
        ),
        RecordWrite(
            action="update",
            summary="Change a contact",
            request=ContactChange,
            description="What isn't sent stays as it is. An address that is sent replaces the old.",
            methods=("PATCH", "PUT"),
        ),
        RecordWrite(
            action="delete",
            summary="Delete a contact",
            description="For good. Documents that were made out to it keep its name and address.",
        ),
    ),
    batches=(
        RecordBatch(
            paths={
                "createContacts": "/accounting/contacts/bulk",
                "createContactsV1": "/accounting/batch/contacts",
            },
            summary="Make several contacts",
            request=ContactsRequest,
            each="customers.create",
            response=ContactBatch,
            answer=contact_batch,
            description=(
                "All are checked before the first is made. Then each is made by itself: `results` "
                "says what came of it. With an Idempotency-Key the same request makes those that "
                "are missing, and none twice."
            ),
        ),
    ),
)
