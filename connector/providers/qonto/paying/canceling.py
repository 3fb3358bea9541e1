"""Canceling a transfer that Qonto hasn't executed yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.outcomes import ProviderAnswer
from connector.ports import PreparedWrite, WriteRequest
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change
from connector.writing.problems import Problems

_CANCELED = "canceled"


@dataclass(frozen=True)
class Canceling:
    """What is asked for, or why it is too late."""

    records: Records[Any, Any]

    async def check(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id = known_id(asked.record_id or "")
        document, _ = await self.records.one(account_id, record_id)
        problems = Problems(asked.confirmed)
        if document.status not in ("pending", _CANCELED):
            problems.add(
                "status",
                "WRONG_STATUS",
                f"A transfer that is {document.status or 'unknown'} can't be canceled any more.",
            )
        problems.check()
        return prepared(QontoRequest("POST", None, record_id, "cancel"))


@dataclass(frozen=True)
class Cancellation(Change[Any, Any]):
    """The Writer that cancels transfers; one that is canceled is left alone."""

    async def leave(self, account_id: str, sent: QontoRequest) -> ProviderAnswer:
        document, _ = await self.records.one(account_id, sent.record_id or "")
        if document.status == _CANCELED:
            return ProviderAnswer(204, b"")
        return await super().leave(account_id, sent)


def _is_canceled(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    del sent
    return record.get("status") == _CANCELED


def cancel_writer(records: Records[Any, Any]) -> Cancellation:
    """Return the writer that cancels transfers."""
    return Cancellation(records, Canceling(records).check, is_done=_is_canceled)
