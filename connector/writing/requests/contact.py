"""Contacts to be made or changed: customers, in the contract's shape of contacts."""

from typing import Annotated

from pydantic import Field

from connector.unified.enums import ContactType
from connector.writing.requests.base import Moment, Number, Text, Writable, word
from connector.writing.requests.customer import PartyFields

MOST_ENTRIES = 50


class ContactFields(PartyFields):
    __doc__ = "What can be said of a contact."

    id: Text = Field(None, description="Not used: the target system gives the id.")
    is_customer: bool | None = Field(
        None, description="Whether the organisation sells to it; false is refused."
    )
    is_supplier: bool | None = Field(
        None, description="Whether the organisation buys from it; not kept."
    )
    website: Text = Field(None, description="The address of its website; not kept.")


class ContactRequest(ContactFields):
    __doc__ = "A contact to be made."

    contact_type: Annotated[ContactType, word(ContactType)] = Field(
        description="Whether it is a company or a person; UNDEFINED is told by its names."
    )


class ContactChange(ContactFields):
    __doc__ = "What to change of a contact; what isn't sent stays as it is."

    contact_type: Annotated[ContactType, word(ContactType)] | None = Field(
        None, description="Must be what it is: a company doesn't become a person."
    )


class ContactsRequest(Writable):
    __doc__ = "Several contacts to be made. What else the contract asks for isn't used at Qonto."

    entries: tuple[ContactRequest, ...] = Field(
        min_length=1, max_length=MOST_ENTRIES, description="The contacts, at most 50."
    )
    account_number_length: Number | None = Field(None, description="Not used.")
    chart_of_account: Text = Field(None, description="Not used.")
    fiscal_year_start_date: Moment = Field(None, description="Not used.")
