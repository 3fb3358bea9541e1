"""Invoices: Qonto's client invoices."""

from connector.ports import Query
from connector.providers.qonto.client import CLIENT_INVOICES, Params, modified_since
from connector.providers.qonto.mapping import map_invoice
from connector.providers.qonto.mapping.status import CLIENT_STANDINGS
from connector.providers.qonto.session.one_list import OneList
from connector.providers.qonto.session.question import (
    Condition,
    Question,
    Words,
    ask,
    is_in,
    words_for,
)
from connector.unified.invoice import Invoice


def question(query: Query) -> Question[Invoice]:
    """Leave status and due date to Qonto as far as its words reach, and orders by creation."""
    words = words_for(query, CLIENT_STANDINGS)
    standing: tuple[Condition[Invoice] | None, ...] = (
        is_in("status", query.status),
        is_in("payment_status", query.payment_status),
    )
    return ask(
        query,
        params=invoice_params(query, words),
        conditions=() if words.exact else standing,
        checked=standing,
        keys={
            "invoiceDate": lambda invoice: invoice.invoice_date,
            "invoiceNumber": lambda invoice: invoice.invoice_number,
            "createdDate": lambda invoice: invoice.created_date,
            "updatedDate": lambda invoice: invoice.updated_date,
        },
        native={"createdDate": "created_at"},
        possible=words.words != (),
    )


def invoice_params(query: Query, words: Words) -> Params:
    """Ask Qonto's client invoices for what they can leave out."""
    params = [*modified_since(query.modified_since)]
    if words.words is not None:
        params.append(("filter[status]", ",".join(words.words)))
    if query.due_from is not None:
        params.append(("filter[due_date_from]", query.due_from.isoformat()))
    return params


INVOICES = OneList("invoice", CLIENT_INVOICES, map_invoice, question)
