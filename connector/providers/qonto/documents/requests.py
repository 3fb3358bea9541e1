"""Requests: what somebody asks the owner or an admin for."""

from typing import Any

from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource


class QontoRequestForApproval(QontoDocument, frozen=True):
    """A request as lists and creations show it; only a creation shows its transfers."""

    id: str | None = None
    status: str | None = None
    note: str | None = None
    declined_note: str | None = None
    total_transfers_amount: Any = None
    total_transfers_count: Any = None
    created_at: str | None = None

    def __repr__(self) -> str:
        return f"QontoRequestForApproval(id={self.id!r}, status={self.status!r})"


MULTI_TRANSFERS = QontoResource("requests", "request_multi_transfer", QontoRequestForApproval)
