"""A customer to be made or changed."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from connector.api.named import choice
from connector.unified.enums import ContactAddressType, ContactRole
from connector.writing.requests.base import Text, Writable, word

Kind = Annotated[
    Literal["COMPANY", "CONTACT_PERSON"],
    WithJsonSchema(
        choice(
            "CustomerKind",
            "Whether a customer is a company or a person.",
            ("COMPANY", "CONTACT_PERSON"),
        )
    ),
]


class CustomerAddress(Writable):
    __doc__ = "A postal address of a customer to be made."

    address_line1: Text = Field(None, description="Street and number.")
    address_line2: Text = Field(None, description="What else the address has.")
    city: Text = Field(None, description="The city.")
    postal_code: Text = Field(None, description="The postal code.")
    country_code: Text = Field(
        None, description="The country, by its ISO 3166-1 alpha-2 code.", examples=["FR"]
    )
    type: Annotated[ContactAddressType, word(ContactAddressType)] | None = Field(
        None, description="What the address is for: BILLING by default."
    )


class CustomerEmail(Writable):
    __doc__ = "An e-mail address of a customer to be made."

    email: str = Field(description="The address.", examples=["books@example.com"])
    type: Text = Field(None, description="What it is for.")


class CustomerPhone(Writable):
    __doc__ = "A phone number of a customer to be made."

    number: str = Field(description="The number, with its country code.", examples=["+33612345678"])
    type: Text = Field(None, description="What it is for.")


class CustomerPerson(Writable):
    __doc__ = "A person to talk to, or the customer itself where it is one."

    first_name: Text = Field(None, description="The first name.")
    last_name: Text = Field(None, description="The last name.")
    salutation: Text = Field(None, description="How the person is addressed.")
    email_addresses: tuple[CustomerEmail, ...] = Field((), description="The e-mail addresses.")
    phone_numbers: tuple[CustomerPhone, ...] = Field((), description="The phone numbers.")


class PartyFields(Writable):
    __doc__ = """What can be said of a customer or a contact.

    Beyond the contract: `currency` and `locale` of its documents, `tax_number`, and
    `e_invoicing_address`.
    """

    company_name: Text = Field(None, description="The company's name.", examples=["Café Lune"])
    contact_persons: tuple[CustomerPerson, ...] = Field(
        (), description="The person, where the customer is one; else not used."
    )
    addresses: tuple[CustomerAddress, ...] = Field((), description="The postal addresses.")
    email_addresses: tuple[CustomerEmail, ...] = Field((), description="The e-mail addresses.")
    phone_numbers: tuple[CustomerPhone, ...] = Field((), description="The phone numbers.")
    vat_id: Text = Field(None, description="The VAT identification number.")
    tax_number: Text = Field(
        None, description="The tax number; in France SIREN or SIRET. Not in the contract."
    )
    currency: Text = Field(
        None, description="The currency of its documents; not in the contract.", examples=["EUR"]
    )
    locale: Text = Field(
        None, description="The language of its documents; not in the contract.", examples=["fr"]
    )
    e_invoicing_address: Text = Field(
        None,
        description=(
            "Where electronic invoices are sent; it must be registered. Not in the contract."
        ),
    )
    number: Text = Field(None, description="The number that the organisation knows it by.")
    project_id: Text = Field(None, description="The id of the project that it belongs to.")


class CustomerFields(PartyFields):
    __doc__ = "What can be said of a customer."

    role: Annotated[ContactRole, word(ContactRole)] | None = Field(
        None, description="What it is to the organisation: CUSTOMER."
    )
    document_id: Text = Field(None, description="The id of a document that belongs to it.")


class CustomerRequest(CustomerFields):
    __doc__ = "A customer to be made."

    contact_type: Kind = Field(description="Whether it is a company or a person.")


class CustomerChange(CustomerFields):
    __doc__ = """What to change of a customer; what isn't sent stays as it is."""

    contact_type: Kind | None = Field(
        None, description="Must be what it is: a company doesn't become a person."
    )
