"""Subscriptions at Qonto, and the events it sends."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.errors import DocumentNotFound, DownstreamError
from connector.listing.walk import Walk
from connector.ports import ProviderSubscription
from connector.providers.qonto import events
from connector.providers.qonto.client import SUBSCRIPTIONS, WEBHOOK, QontoClient
from connector.providers.qonto.documents.subscriptions import QontoWebhookSubscription
from connector.providers.qonto.session.lists import remote_list
from connector.unified.event import UnreadableEvent, UpstreamEvent, Verdict
from oauth.errors import NotSupported
from oauth.tokens import AccessSource
from storage.errors import Invalid

_MOST_PAGES = 50


class QontoWebhooks:
    """The WebhookAdapter of Qonto.

    A subscription belongs to the person who linked, the app and the organisation together; secrets
    may have 32 to 128 characters, callback URLs 512, and must be https.
    """

    def __init__(self, client: QontoClient, access: AccessSource) -> None:
        self._client = client
        self._access = access

    @property
    def topics(self) -> Mapping[str, tuple[str, ...]]:
        return events.TOPICS

    @property
    def revocation_types(self) -> tuple[str, ...]:
        return events.REVOCATION_TYPES

    async def allowed(self, account_id: str) -> frozenset[str]:
        granted = (await self._access.get(account_id)).scopes
        if granted is None or WEBHOOK not in granted:
            return frozenset()
        return frozenset(
            kind for kind, scope in events.SCOPES.items() if scope is None or scope in granted
        )

    async def subscribe(
        self, account_id: str, callback_url: str, secret: str, types: Sequence[str]
    ) -> ProviderSubscription:
        if (await self._access.get(account_id)).scopes is None:
            raise NotSupported(
                "This account is linked by API key, and Qonto gives webhooks only to accounts that "
                "are linked by OAuth. Link it again at /auth/{target} to get them."
            )
        made = await self._client.subscribe(account_id, callback_url, secret, types)
        return _subscription(made, callback_url, types)

    async def update(
        self,
        account_id: str,
        subscription_id: str,
        callback_url: str,
        secret: str,
        types: Sequence[str],
    ) -> ProviderSubscription:
        changed = await self._client.update_subscription(
            account_id, subscription_id, callback_url, secret, types
        )
        return _subscription(changed, callback_url, types)

    async def unsubscribe(self, account_id: str, subscription_id: str) -> None:
        try:
            await self._client.unsubscribe(account_id, subscription_id)
        except DocumentNotFound:
            return

    async def list(self, account_id: str) -> tuple[ProviderSubscription, ...]:
        found: list[ProviderSubscription] = []
        walk = Walk(remote_list(self._client, account_id, SUBSCRIPTIONS))
        async for number, records in walk.pages():
            found.extend(
                _subscription(record.document, record.document.callback_url or "", ())
                for record in records
                if record.document is not None and record.document.id
            )
            if number == _MOST_PAGES:
                break
        return tuple(found)

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        return events.is_signed(headers)

    def verify(
        self, headers: Mapping[str, str], raw_body: bytes, secrets: Sequence[str], now: datetime
    ) -> Verdict:
        return events.verify(headers, raw_body, secrets, now)

    def read_event(self, raw_body: bytes) -> UpstreamEvent:
        try:
            return events.read_event(raw_body)
        except UnreadableEvent as error:
            raise Invalid(f"This is not an event of Qonto: {error}.") from None


def _subscription(
    document: QontoWebhookSubscription, callback_url: str, types: Sequence[str]
) -> ProviderSubscription:
    if not document.id:
        raise DownstreamError("Qonto's answer can't be read: the subscription has no id.")
    return ProviderSubscription(
        id=document.id,
        callback_url=document.callback_url or callback_url,
        types=tuple(document.types or types),
        organization_id=document.organization_id or None,
        membership_id=document.membership_id or None,
        secret=document.secret or None,
    )
