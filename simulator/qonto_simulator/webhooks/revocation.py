"""What happens when a person takes a consent back."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.oauth.grants import Grants
from qonto_simulator.times import with_seconds
from qonto_simulator.world import World

TYPE = "v1/consent-revocations"


def revoke_consent(
    world: World,
    grants: Grants,
    client_id: str,
    organisation_id: str | None,
    at: datetime,
    *,
    membership_id: str | None = None,
) -> int:
    """Ends the tokens, tells who subscribed to it, then ends the subscriptions; returns how many
    consents there were. Without a membership, those of every person."""
    families = grants.revoke_consent(client_id, organisation_id, membership_id)
    hub = world.hub
    # In the order of the consents: a set would shuffle the ids of the events from run to run.
    for organisation, person in dict.fromkeys(
        (family.organisation_id, family.membership_id) for family in families
    ):
        mine = [
            one
            for one in hub.subscriptions.values()
            if (one.client_id, one.organisation_id, one.membership_id)
            == (client_id, organisation, person)
        ]
        data: dict[str, object] = {"client_id": client_id, "revoked_at": with_seconds(at)}
        hub.emit(organisation, TYPE, data, at, only=mine)
        for one in mine:
            del hub.subscriptions[one.id]
    hub.recount()
    return len(families)
