"""What the organisation has offered to its customers."""

from connector.resources.filters import one_of
from connector.resources.resource import Lines, RecordFile, RecordWrite, Resource, line_writes
from connector.unified.enums import OfferStatus
from connector.unified.offer import Offer, OfferLine
from connector.writing.requests.invoice import MailRequest
from connector.writing.requests.offer import (
    NewOfferLine,
    OfferChange,
    OfferLineChange,
    OfferRequest,
)

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
    writes=(
        RecordWrite(
            action="create",
            summary="Make an offer",
            request=OfferRequest,
            description=(
                "The customer sees it once it is sent. A warning tells when the target system "
                "reckons another total than its lines have."
            ),
        ),
        RecordWrite(
            action="update",
            summary="Change an offer",
            request=OfferChange,
            description=(
                "As long as the customer hasn't answered. What isn't sent stays as it is; lines "
                "that are sent replace all. 409 `NOT_READY` while the target system still makes "
                "the file of a new one."
            ),
        ),
        RecordWrite(
            action="delete",
            summary="Delete an offer",
            description="For good, and only before it was sent to the customer.",
        ),
        RecordWrite(
            action="send",
            is_irreversible=True,
            summary="Send an offer by e-mail",
            request=MailRequest,
            description=(
                "Its status stays as it is. A lost answer can't be looked for. An offer whose "
                "total isn't what its lines come to has to be confirmed."
            ),
        ),
        *line_writes(NewOfferLine, OfferLineChange, "a line of an offer", "an offer"),
    ),
)
