"""Files of a target system and their bytes: the ports for what isn't a list of records."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from connector.ports import Found, Page
from connector.unified.document import Document, DocumentType, File

DocumentOf = Literal["INVOICE", "BILL", "CREDIT_NOTE", "VENDOR_CREDIT", "OFFER", "BOOKING_PROPOSAL"]
"""The kinds of records that have a document."""


class Download(Protocol):
    """A file that has been opened: what it is, and its bytes as they arrive. Close it once."""

    @property
    def id(self) -> str: ...

    @property
    def file_name(self) -> str | None: ...

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without parameters."""
        ...

    @property
    def size(self) -> int | None:
        """The number of bytes that will come; None when it isn't known."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Stream the bytes, once. Raises DownstreamError's children when they end too early."""
        ...

    async def close(self) -> None:
        """Let go of the connection; harmless when done twice."""
        ...


class Files(Protocol):
    """Reads files, and tells which may be uploaded. Raises what `connector.ports` names."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The file name extensions that can be uploaded, without a dot."""
        ...

    @property
    def document_types(self) -> tuple[DocumentType, ...]: ...

    async def get(self, account_id: str, file_id: str) -> Found[File]:
        """Return what is known about a file. Raises DocumentNotFound."""
        ...

    async def of_transaction(self, account_id: str, transaction_id: str) -> Page[File]:
        """List the files of a bank transaction, all on one page. Raises DocumentNotFound."""
        ...

    async def open(self, account_id: str, file_id: str) -> Download:
        """Open a file. Raises DocumentNotFound and DocumentTooLarge."""
        ...

    async def open_document(self, account_id: str, of: DocumentOf, record_id: str) -> Download:
        """Open the file of a record. Raises DocumentNotReady too, when there is none yet.

        DocumentGone and DocumentUnreadable are final.
        """
        ...


class Arrivals(Protocol):
    """Tells of files that a target system attaches some time after it took them."""

    async def arrived(self, account_id: str, raw: bytes) -> Found[Document] | None:
        """Return a file once it is attached, else None. `raw` is what its upload came to."""
        ...
