"""What goes with a file that is uploaded."""

from pydantic import Field

from connector.writing.requests.base import Moment, Text, Writable


class FileRequest(Writable):
    __doc__ = "What is said of a file."

    document_type: Text = Field(
        None,
        description=(
            "What it is, by one of the names at /accounting/files/documentTypes: RECEIPT attaches "
            "it to the bank transaction that resourceId names."
        ),
        examples=["RECEIPT"],
    )
    resource_id: Text = Field(
        None, description="The id of the bank transaction that the file belongs to."
    )
    contact_id: Text = Field(None, description="The id of the contact that it belongs to.")
    document_date: Moment = Field(None, description="The date on it.")
    document_id: Text = Field(None, description="The id of the document that it belongs to.")
    integration_source: Text = Field(None, description="Where it comes from.")
    note: Text = Field(None, description="A note on it.")
