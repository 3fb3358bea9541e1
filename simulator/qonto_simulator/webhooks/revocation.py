"""What happens when a person takes a consent back."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.oauth.grants import Grants, Wanted
from qonto_simulator.times import with_seconds
from qonto_simulator.world import World

TYPE = "v1/consent-revocations"


def revoke_consent(
    world: World,
    grants: Grants,
    client_id: str | None,
    organisation_id: str | None,
    at: datetime,
    *,
    membership_id: str | None = None,
) -> int:
    """Ends the tokens, tells who subscribed to it, then ends the subscriptions; returns how many
    consents there were. ``None`` is any client, organisation or member; what others consented to
    stays."""
    families = grants.revoke_consent(Wanted(client_id, organisation_id, membership_id))
    hub = world.hub
    # In the order of the consents: a set would shuffle the ids of the events from run to run.
    for owner in dict.fromkeys(
        (one.organisation_id, one.membership_id, one.client_id) for one in families
    ):
        told_organisation, _, told_client = owner
        mine = [
            one
            for one in hub.subscriptions.values()
            if (one.organisation_id, one.membership_id, one.client_id) == owner
        ]
        data: dict[str, object] = {"client_id": told_client, "revoked_at": with_seconds(at)}
        hub.emit(told_organisation, TYPE, data, at, only=mine)
        for one in mine:
            del hub.subscriptions[one.id]
    hub.recount()
    return len(families)
