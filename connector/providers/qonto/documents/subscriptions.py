"""Webhook subscriptions."""

from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource


class QontoWebhookSubscription(QontoDocument, frozen=True):
    """A webhook subscription. The secret is shown when it is made, and not again."""

    id: str | None = None
    organization_id: str | None = None
    membership_id: str | None = None
    callback_url: str | None = None
    types: list[str] | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"WebhookSubscription(id={self.id!r}, types={self.types!r})"


# listed under a name of its own, and bare when single
WEBHOOK_SUBSCRIPTIONS = QontoResource("subscriptions", "subscription", QontoWebhookSubscription)
