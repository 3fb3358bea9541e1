"""Which of Qonto's records changed, and into which state: the lists of `feeds.py`, read."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.errors import MissingScope
from connector.listing.records import DocumentPage, Record
from connector.listing.source import RemoteList
from connector.listing.walk import Walk, has_next, size_of
from connector.ports import Feed, RecordState
from connector.providers.qonto.client import BANK_ACCOUNTS, TRANSACTIONS, QontoClient
from connector.providers.qonto.session.feeds import FEEDS, LISTS, FeedList, dated, moment_of
from connector.providers.qonto.session.lists import remote_list
from oauth.tokens import AccessSource

_MOST_READINGS = 3
"""Times that a list which becomes shorter meanwhile is read again."""


class QontoChanges:
    """The ChangeFeed of Qonto."""

    def __init__(self, client: QontoClient, access: AccessSource) -> None:
        self._client = client
        self._access = access

    @property
    def resources(self) -> Mapping[str, Feed]:
        return FEEDS

    async def check(self, account_id: str, resource: str) -> None:
        await self._readable(account_id, resource)

    async def read(
        self, account_id: str, resource: str, since: datetime | None
    ) -> AsyncIterator[Sequence[RecordState]]:
        for each in await self._readable(account_id, resource):
            async for part in self._parts(account_id, each):
                reading = self._by_change if part.by_change and since else self._by_number
                async for records in reading(account_id, part, since):
                    found = [state for record in records if (state := part.state(record))]
                    if found:
                        yield found

    async def _readable(self, account_id: str, resource: str) -> list[FeedList]:
        """Return the lists that the consent covers. Raises MissingScope when those are none."""
        granted = (await self._access.get(account_id)).scopes
        lists = LISTS[resource]
        found = [
            each
            for each in lists
            if (each.takes_key if granted is None else each.endpoint.scope in granted)
        ]
        if not found:
            raise MissingScope(lists[0].endpoint.scope)
        return found

    async def _parts(self, account_id: str, each: FeedList) -> AsyncIterator[FeedList]:
        """Return a list as it is, but movements by the accounts that they are on."""
        if each.endpoint is not TRANSACTIONS:
            yield each
            return
        accounts = FeedList(BANK_ACCOUNTS, dated)
        async for records in self._by_number(account_id, accounts, None):
            for record in records:
                if record.id:
                    yield replace(each, always=(*each.always, ("bank_account_id", record.id)))

    async def _by_change(
        self, account_id: str, each: FeedList, since: datetime | None
    ) -> AsyncIterator[Sequence[Record[Any]]]:
        """Read in the order of the change, going on from the last one seen."""
        remote: RemoteList[Any] = remote_list(self._client, account_id, each.endpoint)
        while True:
            page = await remote.page(1, remote.largest_page, each.asked(since))
            yield page.records
            if not has_next(page, 1, size_of(page, 1, remote.largest_page)):
                return
            last = _last_change(page)
            if last is None or since is None or last <= since:
                break  # a whole page of the same moment, or not in the order asked for
            since = last
        async for records in self._by_number(account_id, each, since):
            yield records

    async def _by_number(
        self, account_id: str, each: FeedList, since: datetime | None
    ) -> AsyncIterator[Sequence[Record[Any]]]:
        """Read page by page; anew when records are missing, or went so that others moved forward.

        What is missing even then is left to the next poll.
        """
        remote: RemoteList[Any] = remote_list(self._client, account_id, each.endpoint)
        for _ in range(_MOST_READINGS):
            walk = Walk(remote, each.asked(since))
            async for _, records in walk.pages():
                yield records
            if not walk.may_lack:
                return


def _last_change(page: DocumentPage[Any]) -> datetime | None:
    """Return the last record's moment, None where the page isn't in the order of changes."""
    moments = [moment_of(record, "updated_at") for record in page.records]
    found = [moment for moment in moments if moment is not None]
    return found[-1] if found and found == sorted(found) else None
