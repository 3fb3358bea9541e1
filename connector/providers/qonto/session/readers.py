"""All that can be read from Qonto."""

from typing import TypeVar

from connector.ports import Readers
from connector.providers.qonto.client import QontoClient
from connector.providers.qonto.session.bills import BILLS
from connector.providers.qonto.session.booking_proposals import BookingProposals
from connector.providers.qonto.session.invoices import INVOICES
from connector.providers.qonto.session.listing import Kind, Listing
from connector.providers.qonto.session.snapshots import Snapshots
from storage.clock import Clock

T = TypeVar("T")


def qonto_readers(client: QontoClient, clock: Clock) -> Readers:
    """Put together the readers of all kinds of records; they share their indexes."""
    snapshots = Snapshots()

    def listing(kind: Kind[T]) -> Listing[T]:
        return Listing(client, kind, snapshots, clock)

    return Readers(
        invoices=listing(INVOICES),
        bills=listing(BILLS),
        booking_proposals=listing(BookingProposals()),
    )
