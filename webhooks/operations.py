"""The operations under /webhooks, and the address that target systems post events to."""

from typing import Any, Protocol

import msgspec

from connector.api.operation import Group, Operation
from connector.api.parameters import path_parameter
from webhooks.endpoints import Endpoints
from webhooks.incoming import Incoming
from webhooks.intake import Intake
from webhooks.log import Log
from webhooks.log_operations import LOG_OPERATIONS
from webhooks.replay_operations import REPLAY_OPERATIONS, TRIAL_OPERATIONS
from webhooks.replays import Replays
from webhooks.rotation import Rotation
from webhooks.standing import Standings
from webhooks.standing_operations import (
    ROTATION_OPERATIONS,
    STANDING_OPERATIONS,
    SWITCHING_OPERATIONS,
    Switching,
)
from webhooks.subscription_operations import SUBSCRIPTION_OPERATIONS
from webhooks.subscriptions import Subscriptions
from webhooks.tenant_operations import TENANT_WEBHOOK_OPERATIONS
from webhooks.tenants import TenantWebhooks
from webhooks.trial import Trial


class Acknowledged(msgspec.Struct):
    """Nothing: the event is stored."""


TAKE_IN: Operation[Intake] = Operation(
    method="POST",
    path="/events/callback/{code}",
    summary="Take in an event of the provider",
    asgi=Incoming,
    keys="none",
    parameters=(path_parameter("code", "What the provider was told."),),
    response=Acknowledged,
    status=202,
    errors=(400, 401, 404, 413),
    description="Only for the provider, whose signature is checked.",
    tag="events",
)


class Relay(Protocol):
    """What these are served with."""

    @property
    def subscriptions(self) -> Subscriptions: ...

    @property
    def tenant_webhooks(self) -> TenantWebhooks: ...

    @property
    def log(self) -> Log: ...

    @property
    def replays(self) -> Replays: ...

    @property
    def trial(self) -> Trial: ...

    @property
    def standings(self) -> Standings: ...

    @property
    def endpoints(self) -> Endpoints: ...

    @property
    def rotation(self) -> Rotation: ...

    @property
    def intake(self) -> Intake: ...


# /webhooks/tenant comes first, or it would be taken for a subscription's id
GROUPS: tuple[Group[Relay, Any], ...] = (
    Group(lambda relay: relay.tenant_webhooks, TENANT_WEBHOOK_OPERATIONS),
    Group(lambda relay: relay.subscriptions, SUBSCRIPTION_OPERATIONS),
    Group(lambda relay: relay.standings, STANDING_OPERATIONS),
    Group(lambda relay: Switching(relay.endpoints, relay.standings), SWITCHING_OPERATIONS),
    Group(lambda relay: relay.rotation, ROTATION_OPERATIONS),
    Group(lambda relay: relay.trial, TRIAL_OPERATIONS),
    Group(lambda relay: relay.log, LOG_OPERATIONS),
    Group(lambda relay: relay.replays, REPLAY_OPERATIONS),
    Group(lambda relay: relay.intake, (TAKE_IN,)),
)
