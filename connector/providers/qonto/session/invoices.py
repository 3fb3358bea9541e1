"""Invoices: Qonto's client invoices."""

from connector.listing.query import ListQuery, ask
from connector.listing.source import Params
from connector.ports import Query
from connector.providers.qonto.client import CLIENT_INVOICES, modified_since
from connector.providers.qonto.mapping import map_invoice
from connector.providers.qonto.mapping.status import CLIENT_STANDINGS
from connector.providers.qonto.session.lists import CREATED, QontoList
from connector.providers.qonto.session.words import StatusWords, standing, words_for
from connector.unified.invoice import Invoice


def question(query: Query) -> ListQuery[Invoice]:
    """Leave status and due date to Qonto as far as its words reach, and orders by creation."""
    words = words_for(query, CLIENT_STANDINGS)
    return ask(
        query,
        params=invoice_params(query, words),
        conditions=() if words.exact else standing(query),
        checked=standing(query),
        keys={
            "invoiceDate": lambda invoice: invoice.invoice_date,
            "invoiceNumber": lambda invoice: invoice.invoice_number,
            "createdDate": lambda invoice: invoice.created_date,
            "updatedDate": lambda invoice: invoice.updated_date,
        },
        native={"createdDate": CREATED},
        possible=words.words != (),
    )


def invoice_params(query: Query, words: StatusWords) -> Params:
    """Ask Qonto's client invoices for what they can leave out."""
    params = [*modified_since(query.modified_since)]
    if words.words is not None:
        params.append(("filter[status]", ",".join(words.words)))
    if query.due_from is not None:
        params.append(("filter[due_date_from]", query.due_from.isoformat()))
    return params


INVOICES = QontoList("invoice", CLIENT_INVOICES, map_invoice).kind_of(question)
