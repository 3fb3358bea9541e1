"""Bills: Qonto's supplier invoices, less the suppliers' credit notes among them."""

from collections.abc import Callable

from connector.listing.query import ListQuery, ask, is_in
from connector.listing.source import Params
from connector.ports import Query
from connector.providers.qonto.client import SUPPLIER_INVOICES, modified_since
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.mapping import Calendar, map_bill
from connector.providers.qonto.mapping.status import SUPPLIER_STANDINGS
from connector.providers.qonto.session.lists import CREATED, UPDATED, QontoList
from connector.providers.qonto.session.words import StatusWords, standing, words_for
from connector.unified.bill import Bill
from connector.unified.mapped import Mapped

WITHOUT_CREDIT_NOTES: Params = (("filter[exclude_credit_notes]", "true"),)


def question(query: Query) -> ListQuery[Bill]:
    """Leave status to Qonto as far as its words reach, and orders by creation and by change."""
    words = words_for(query, SUPPLIER_STANDINGS)
    return ask(
        query,
        params=(*bill_params(query, words), *WITHOUT_CREDIT_NOTES),
        conditions=(
            *(() if words.exact else standing(query)),
            is_in("document_kind", query.value_of("documentKind")),
            _due(query.value_of("dueDateFrom"), query.value_of("dueDateTo")),
        ),
        checked=standing(query),
        keys={
            "billDate": lambda bill: bill.bill_date,
            "billNumber": lambda bill: bill.bill_number,
            "createdDate": lambda bill: bill.created_date,
            "updatedDate": lambda bill: bill.updated_date,
        },
        native={"createdDate": CREATED, "updatedDate": UPDATED},
        possible=words.words != (),
    )


def _due(first: str | None, last: str | None) -> Callable[[Bill], bool] | None:
    """Choose by the day it's due; Qonto knows only what is overdue, today and in future."""
    if first is None and last is None:
        return None
    begin, end = first or "", last or "9999-12-31"
    return lambda bill: bill.due_date is not None and begin <= bill.due_date[:10] <= end


def bill_params(query: Query, words: StatusWords) -> Params:
    """Ask Qonto's supplier invoices for what they can leave out."""
    asked = [*modified_since(query.modified_since)]
    if (first := query.value_of("createdDateFrom")) is not None:
        asked.append(("filter[created_at_from]", f"{first}T00:00:00.000Z"))
    if (last := query.value_of("createdDateTo")) is not None:
        asked.append(("filter[created_at_to]", f"{last}T23:59:59.999Z"))
    asked.extend(("filter[status][]", word) for word in words.words or ())
    return asked


def _convert(document: SupplierInvoice, calendar: Calendar) -> Mapped[Bill] | None:
    return None if document.is_credit_note else map_bill(document, calendar)


BILLS = QontoList(
    "bill",
    SUPPLIER_INVOICES,
    _convert,
    other="a supplier's credit note, which is read among the vendor credits",
).kind_of(question)
