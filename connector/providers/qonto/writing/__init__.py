"""What can be written at Qonto: one file per resource, and what they share.

`Creation` makes a record, `Change` changes one. Both say what Qonto is sent; `matching` tells
whether a record of Qonto's is what was sent, since Qonto has no key by which to ask.
"""

from typing import Any

from connector.ports import EInvoicing, Writer
from connector.providers.qonto.client import (
    BANK_ACCOUNTS,
    BENEFICIARIES,
    CLIENT_INVOICES,
    CLIENTS,
    CREDIT_NOTES,
    MEMBERSHIPS,
    PRODUCTS,
    QUOTES,
    SUPPLIER_INVOICES,
    TRANSFERS,
    QontoClient,
)
from connector.providers.qonto.mapping import (
    map_bank_account,
    map_beneficiary,
    map_bill,
    map_contact,
    map_credit_note,
    map_customer,
    map_invoice,
    map_item,
    map_offer,
    map_transfer,
    map_user,
    map_vendor_credit,
    propose_supplier_invoice,
)
from connector.providers.qonto.paying.beneficiaries import beneficiary_writers
from connector.providers.qonto.paying.canceling import cancel_writer
from connector.providers.qonto.writing.bank_accounts import bank_account_writers
from connector.providers.qonto.writing.bills import bill_writers
from connector.providers.qonto.writing.credit_notes import credit_note_writers
from connector.providers.qonto.writing.customers import customer_writers
from connector.providers.qonto.writing.files import file_writers
from connector.providers.qonto.writing.invoices import invoice_writers
from connector.providers.qonto.writing.items import item_writers
from connector.providers.qonto.writing.offers import offer_writers
from connector.providers.qonto.writing.people import invitation_writers
from connector.providers.qonto.writing.proposals import proposal_writers
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.wire import Records
from storage.clock import Clock

WRITE_CLIENTS = "client.write"
WRITE_INVOICES = "client_invoice.write"
WRITE_MEMBERSHIPS = "membership.write"
WRITE_BANK_ACCOUNTS = "bank_account.write"
WRITE_PRODUCTS = "product.write"
WRITE_BILLS = "supplier_invoice.write"
WRITE_PAYMENTS = "payment.write"


def qonto_writers(
    client: QontoClient, clock: Clock, around: Surroundings, network: EInvoicing
) -> dict[str, Writer[Any]]:
    """Put together all that can be written at Qonto, by what it does."""
    invoices = Records(client, clock, CLIENT_INVOICES, WRITE_INVOICES, map_invoice)
    customers = Records(client, clock, CLIENTS, WRITE_CLIENTS, map_customer, around.forget)
    contacts = Records(client, clock, CLIENTS, WRITE_CLIENTS, map_contact, around.forget)
    members = Records(client, clock, MEMBERSHIPS, WRITE_MEMBERSHIPS, map_user)
    accounts = Records(
        client,
        clock,
        BANK_ACCOUNTS,
        WRITE_BANK_ACCOUNTS,
        map_bank_account,
        lambda account_id, _: around.forget(account_id),
    )
    quotes = Records(client, clock, QUOTES, WRITE_INVOICES, map_offer)
    notes = Records(client, clock, CREDIT_NOTES, WRITE_INVOICES, map_credit_note)
    products = Records(client, clock, PRODUCTS, WRITE_PRODUCTS, map_item, around.forget)
    return {
        **bill_writers(
            Records(client, clock, SUPPLIER_INVOICES, WRITE_BILLS, map_bill),
            Records(client, clock, SUPPLIER_INVOICES, WRITE_BILLS, map_vendor_credit),
            Records(client, clock, SUPPLIER_INVOICES, WRITE_BILLS, propose_supplier_invoice),
            around,
        ),
        **file_writers(client),
        **invoice_writers(invoices, around, network),
        **offer_writers(quotes, around),
        **credit_note_writers(notes, around),
        **item_writers(products, around),
        **customer_writers(customers, contacts),
        **invitation_writers(members),
        **bank_account_writers(accounts),
        **proposal_writers(client, clock, around),
        **beneficiary_writers(
            Records(client, clock, BENEFICIARIES, WRITE_PAYMENTS, map_beneficiary)
        ),
        "payments.delete": cancel_writer(
            Records(client, clock, TRANSFERS, WRITE_PAYMENTS, map_transfer)
        ),
    }
