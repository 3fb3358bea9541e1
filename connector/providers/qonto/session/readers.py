"""All that can be read from Qonto."""

from datetime import tzinfo
from typing import TypeVar

from connector.listing.kinds import RecordKind
from connector.listing.listing import Listing
from connector.listing.snapshots import Snapshots
from connector.ports import Readers
from connector.providers.qonto.client import QontoClient
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.session.beneficiaries import BENEFICIARIES
from connector.providers.qonto.session.bills import BILLS
from connector.providers.qonto.session.booking_proposals import BookingProposals
from connector.providers.qonto.session.catalogue import CONTACTS, CUSTOMERS, ITEMS, OFFERS
from connector.providers.qonto.session.credit_notes import CREDIT_NOTES, VENDOR_CREDITS
from connector.providers.qonto.session.invoices import INVOICES
from connector.providers.qonto.session.lists import QontoAccount, known_id
from connector.providers.qonto.session.payments import Payments
from connector.providers.qonto.session.people import BANK_ACCOUNTS, USERS
from connector.providers.qonto.session.transactions import EXPENSES, TRANSACTIONS
from oauth.tokens import AccessSource
from storage.clock import Clock

T = TypeVar("T")


def qonto_readers(client: QontoClient, access: AccessSource, clock: Clock) -> Readers:
    """Put together the readers of all kinds of records; they share their indexes."""
    snapshots = Snapshots()

    def account(account_id: str, zone: tzinfo | None) -> QontoAccount:
        return QontoAccount(client, account_id, Calendar(clock(), zone))

    def listing(kind: RecordKind[QontoAccount, T]) -> Listing[QontoAccount, T]:
        return Listing(kind, account, known_id, snapshots, clock)

    return Readers(
        invoices=listing(INVOICES),
        bills=listing(BILLS),
        booking_proposals=listing(BookingProposals()),
        credit_notes=listing(CREDIT_NOTES),
        vendor_credits=listing(VENDOR_CREDITS),
        customers=listing(CUSTOMERS),
        contacts=listing(CONTACTS),
        items=listing(ITEMS),
        offers=listing(OFFERS),
        payments=listing(Payments(access)),
        bank_accounts=listing(BANK_ACCOUNTS),
        transactions=listing(TRANSACTIONS),
        expenses=listing(EXPENSES),
        users=listing(USERS),
        beneficiaries=listing(BENEFICIARIES),
    )
