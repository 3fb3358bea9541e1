"""Every table, one file per aggregate. Importing this package fills `Record.metadata`."""

from storage.tables.account import AccountKeyRow, AccountRow
from storage.tables.api_key import ApiKeyRow
from storage.tables.assistant import AssistantGrantRow, AssistantTokenRow
from storage.tables.audit import AuditRow
from storage.tables.connection import ConnectionRow
from storage.tables.copy import CopiedDocumentRow, CopiedRecordRow, CopyRow, CopyRunRow
from storage.tables.delivery import AttemptRow, DeliveryRow
from storage.tables.dispatching import ConfigurationRow, TemplateRow
from storage.tables.event import EventRow
from storage.tables.job import JobRow
from storage.tables.link import ExchangeCodeRow, LinkRow
from storage.tables.notice import NoticeRow
from storage.tables.page_style import PageStyleRow
from storage.tables.payment import PaymentOrderRow, PaymentSettingsRow
from storage.tables.payout import PayoutLineRow, PayoutRow
from storage.tables.periodic_task import PeriodicTaskRow
from storage.tables.rate_budget import RateBudgetRow
from storage.tables.replay import ReplayRow
from storage.tables.subscription import SubscriptionRow, UpstreamSubscriptionRow
from storage.tables.sync import KnownRecordRow, WatermarkRow
from storage.tables.system import SystemRow
from storage.tables.tenant import AllowedCallbackRow, TenantRow
from storage.tables.tenant_webhook import TenantWebhookRow
from storage.tables.token import TokenRow
from storage.tables.unlinking import UnlinkingRow
from storage.tables.user import UserRow
from storage.tables.write import WriteRow, WriteTurnRow

__all__ = [
    "AccountKeyRow",
    "AccountRow",
    "AllowedCallbackRow",
    "ApiKeyRow",
    "AssistantGrantRow",
    "AssistantTokenRow",
    "AttemptRow",
    "AuditRow",
    "ConfigurationRow",
    "ConnectionRow",
    "CopiedDocumentRow",
    "CopiedRecordRow",
    "CopyRow",
    "CopyRunRow",
    "DeliveryRow",
    "EventRow",
    "ExchangeCodeRow",
    "JobRow",
    "KnownRecordRow",
    "LinkRow",
    "NoticeRow",
    "PageStyleRow",
    "PaymentOrderRow",
    "PaymentSettingsRow",
    "PayoutLineRow",
    "PayoutRow",
    "PeriodicTaskRow",
    "RateBudgetRow",
    "ReplayRow",
    "SubscriptionRow",
    "SystemRow",
    "TemplateRow",
    "TenantRow",
    "TenantWebhookRow",
    "TokenRow",
    "UnlinkingRow",
    "UpstreamSubscriptionRow",
    "UserRow",
    "WatermarkRow",
    "WriteRow",
    "WriteTurnRow",
]
