"""Qonto behind the ports: the client's documents through the mapping."""

from connector.providers.qonto.session.changes import QontoChanges
from connector.providers.qonto.session.readers import qonto_readers
from connector.providers.qonto.session.webhooks import QontoWebhooks

__all__ = ["QontoChanges", "QontoWebhooks", "qonto_readers"]
