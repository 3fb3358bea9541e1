"""The operations under /webhooks, and the address that target systems post events to."""

from typing import Any

import msgspec

from connector.api.operation import Group, Operation
from connector.api.parameters import path_parameter
from webhooks.assembly import Relay
from webhooks.incoming import Incoming
from webhooks.intake import Intake
from webhooks.log_operations import LOG_OPERATIONS
from webhooks.replay_operations import REPLAY_OPERATIONS, TEST_EVENT_OPERATIONS
from webhooks.subscription_operations import SUBSCRIPTION_OPERATIONS
from webhooks.subscription_status_operations import (
    ROTATION_OPERATIONS,
    SUBSCRIPTION_STATUS_OPERATIONS,
    SWITCHING_OPERATIONS,
    Switching,
)
from webhooks.tenant_operations import TENANT_WEBHOOK_OPERATIONS


class Acknowledged(msgspec.Struct):
    __doc__ = """Nothing: the event is stored."""


TAKE_IN: Operation[Intake] = Operation(
    method="POST",
    path="/events/callback/{code}",
    summary="Take in an event of the provider",
    name="takeInEvent",
    asgi=Incoming,
    keys="none",
    parameters=(path_parameter("code", "What the provider was told."),),
    response=Acknowledged,
    status=202,
    errors=(400, 401, 404, 413),
    description="Only for the provider, whose signature is checked.",
    tag="events",
)


# /webhooks/tenant comes first, or it would be taken for a subscription's id
GROUPS: tuple[Group[Relay, Any], ...] = (
    Group(lambda relay: relay.tenant_webhooks, TENANT_WEBHOOK_OPERATIONS),
    Group(lambda relay: relay.subscriptions, SUBSCRIPTION_OPERATIONS),
    Group(lambda relay: relay.statuses, SUBSCRIPTION_STATUS_OPERATIONS),
    Group(lambda relay: Switching(relay.endpoints, relay.statuses), SWITCHING_OPERATIONS),
    Group(lambda relay: relay.rotation, ROTATION_OPERATIONS),
    Group(lambda relay: relay.tester, TEST_EVENT_OPERATIONS),
    Group(lambda relay: relay.log, LOG_OPERATIONS),
    Group(lambda relay: relay.replays, REPLAY_OPERATIONS),
    Group(lambda relay: relay.intake, (TAKE_IN,)),
)
