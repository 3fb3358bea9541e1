"""GET .../{id}/document: the file of a record, as base64 in JSON or as its bytes."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.downloads import DocumentOf, Download
from connector.routes.file_answers import answer_file
from connector.routes.negotiation import BYTES
from connector.routes.offered import files_of
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import read_bare
from connector.unified.document import Document
from connector.unified.envelope import Envelope

_DESCRIPTION = (
    "JSON with the content in base64, up to 25 MB. Where Accept prefers the file's own media type "
    "or application/octet-stream, its bytes as they arrive, up to 50 MB. 404 DOCUMENT_GONE and "
    "DOCUMENT_UNREADABLE are final: asking again won't help. "
)
_MADE_LATER = (
    "404 DOCUMENT_NOT_READY while the file is being made, with Retry-After; without it for a "
    "draft, which has none. "
)


@dataclass(frozen=True, slots=True)
class DocumentRoute:
    """The file of one kind of record; of the files themselves where `of` is None."""

    path: str
    id_name: str
    of: DocumentOf | None
    one: str

    @property
    def routes(self) -> list[Route]:
        """Answer its route."""
        return [Route(self._path, self._get, methods=["GET"])]

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Describe it."""
        return (
            Operation(
                self._path,
                "GET",
                f"Download {self.one}",
                parameters=(
                    Parameter(self.id_name, "path", {"type": "string"}, "Its id.", required=True),
                ),
                response=Envelope[Document],
                media_type=BYTES,
                description=_DESCRIPTION
                + ("" if self.of in (None, "BILL", "VENDOR_CREDIT") else _MADE_LATER),
            ),
        )

    @property
    def _path(self) -> str:
        return f"{self.path}/{{{self.id_name}}}/document"

    async def _get(self, request: Request) -> Response:
        warnings = read_bare(request)
        return await answer_file(request, await self._open(request), warnings)

    async def _open(self, request: Request) -> Download:
        files, account = files_of(request), request.state.account
        wanted = request.path_params[self.id_name]
        if self.of is None:
            return await files.open(account.id, wanted)
        return await files.open_document(account.id, self.of, wanted)


DOCUMENTS = (
    DocumentRoute("/accounting/invoices", "invoiceId", "INVOICE", "an invoice"),
    DocumentRoute("/accounting/creditNotes", "creditNoteId", "CREDIT_NOTE", "a credit note"),
    DocumentRoute("/accounting/offers", "offerId", "OFFER", "an offer"),
    DocumentRoute("/accounting/bills", "billId", "BILL", "a bill"),
    DocumentRoute(
        "/accounting/vendorCredits", "vendorCreditId", "VENDOR_CREDIT", "a vendor credit"
    ),
    DocumentRoute(
        "/accounting/bookingProposals",
        "bookingProposalId",
        "BOOKING_PROPOSAL",
        "the document of a booking proposal",
    ),
    DocumentRoute("/accounting/files", "fileId", None, "a file"),
)
