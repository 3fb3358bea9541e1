"""What can be written at Qonto: one file per resource, and what they share.

`Creation` makes a record, `Change` changes one. Both say what Qonto is sent; `matching` tells
whether a record of Qonto's is what was sent, since Qonto has no key by which to ask.
"""

from typing import Any

from connector.ports import EInvoicing, Writer
from connector.providers.qonto.client import (
    CLIENT_INVOICES,
    CLIENTS,
    SUPPLIER_INVOICES,
    QontoClient,
)
from connector.providers.qonto.mapping import (
    map_bill,
    map_customer,
    map_invoice,
    map_vendor_credit,
    propose_supplier_invoice,
)
from connector.providers.qonto.writing.bills import bill_writers
from connector.providers.qonto.writing.customers import customer_writers
from connector.providers.qonto.writing.files import file_writers
from connector.providers.qonto.writing.invoices import invoice_writers
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.wire import Records
from storage.clock import Clock

WRITE_CLIENTS = "client.write"
WRITE_INVOICES = "client_invoice.write"
WRITE_BILLS = "supplier_invoice.write"


def qonto_writers(
    client: QontoClient, clock: Clock, around: Surroundings, network: EInvoicing
) -> dict[str, Writer[Any]]:
    """Put together all that can be written at Qonto, by what it does."""
    invoices = Records(client, clock, CLIENT_INVOICES, WRITE_INVOICES, map_invoice)
    return {
        **bill_writers(
            Records(client, clock, SUPPLIER_INVOICES, WRITE_BILLS, map_bill),
            Records(client, clock, SUPPLIER_INVOICES, WRITE_BILLS, map_vendor_credit),
            Records(client, clock, SUPPLIER_INVOICES, WRITE_BILLS, propose_supplier_invoice),
            around,
        ),
        **file_writers(client),
        **invoice_writers(invoices, around, network),
        **customer_writers(
            Records(client, clock, CLIENTS, WRITE_CLIENTS, map_customer, around.forget)
        ),
    }
