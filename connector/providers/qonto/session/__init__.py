"""Qonto behind the ports: the client's documents through the mapping."""

from connector.providers.qonto.session.reader import QontoReader
from connector.providers.qonto.session.webhooks import QontoWebhooks

__all__ = ["QontoReader", "QontoWebhooks"]
