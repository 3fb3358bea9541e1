"""What tools that write take of their own: which record is meant, and what is to become of it."""

from typing import Literal

from pydantic import Field

from connector.faces.mcp.acting import ActArguments, WriteArguments
from connector.faces.mcp.pointing import ByNumber, Text, Uuid


class ForClient(WriteArguments):
    __doc__ = "A document for a customer, by the id or the name."

    client_name: Text | None = Field(
        None, description="Instead of client_id: the customer's name, or a part of it."
    )


class ForInvoice(ActArguments):
    __doc__ = "A credit note for an invoice, by its id or its number."

    invoice_number: Text | None = Field(
        None, description="Instead of invoice_id: the number on it, such as INV-2026-042."
    )


class ChangeArguments(ByNumber, WriteArguments):
    __doc__ = "A change of a document."


class Renumbered(WriteArguments):
    __doc__ = "A change of a document whose number may be changed too."

    id: Uuid | None = Field(None, description="Its id, a UUID. Or use of_number, or latest_of.")
    of_number: Text | None = Field(
        None, description="Instead of the id: the number on it until now."
    )
    latest_of: Text | None = Field(
        None,
        description="Instead of the id: the customer's name, whose latest one that can be changed.",
    )


class ActOnOne(ByNumber, ActArguments):
    __doc__ = "What can't be undone, to a document."


class InvoiceStatus(ActOnOne):
    __doc__ = "A change of an invoice's status."

    action: Literal["finalize", "cancel"] = Field(
        description=(
            "finalize: a draft gets its legal number and is locked. cancel: an unpaid one is "
            "canceled. Neither can be undone."
        )
    )


class BillStatus(ActOnOne):
    __doc__ = "A change of a supplier invoice's status."

    action: Literal["reject", "mark_as_paid", "unmark_as_paid"] = Field(
        description=(
            "reject: for good. mark_as_paid: says that it was paid, and moves no money. "
            "unmark_as_paid: undoes that."
        )
    )
    paid_at: Text | None = Field(
        None, description="With mark_as_paid: the day, such as 2026-05-20; today without."
    )
    declined_note: str | None = Field(None, description="With reject: why.")
    declined_reason_code: str | None = Field(
        None, description="With reject: the code that a French e-invoice needs, such as DOUBLON."
    )
