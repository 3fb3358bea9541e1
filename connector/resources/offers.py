"""What the organisation has offered to its customers."""

from connector.resources.filters import one_of
from connector.resources.resource import Lines, RecordFile, Resource
from connector.unified.enums import OfferStatus
from connector.unified.offer import Offer, OfferLine

OFFERS = Resource(
    name="offers",
    id_name="offerId",
    chosen=lambda readers: readers.offers,
    model=Offer,
    one="an offer",
    many="the offers made",
    filters=(one_of("status", OfferStatus, "Only offers that stand so.", "status"),),
    lines=Lines(
        "offerLines", OfferLine, of=lambda offer: offer.line_items, id_of=lambda line: line.id
    ),
    file=RecordFile("OFFER", "an offer"),
)
