"""Files: receipts, invoices and whatever else was attached."""

from typing import Any, ClassVar

import msgspec

from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource


class ProbativeAttachment(msgspec.Struct, frozen=True, gc=False):
    """The sealed copy of a file. Its link is there when `status` is available."""

    status: str | None = None
    url: str | None = None


class Attachment(QontoDocument, frozen=True):
    """A file. `file_size` is in bytes, a string or a number; `url` is good for 30 minutes."""

    fleeting: ClassVar[frozenset[str]] = frozenset({"url", "probative_attachment"})

    id: str | None = None
    file_name: str | None = None
    file_content_type: str | None = None
    file_size: Any = None
    url: str | None = None
    probative_attachment: ProbativeAttachment | None = None
    created_at: str | None = None

    def __repr__(self) -> str:
        return f"Attachment(id={self.id!r}, file_content_type={self.file_content_type!r})"


ATTACHMENTS = QontoResource("attachments", "attachment", Attachment)
