"""What happens when a person takes a consent back."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.oauth.grants import Grants, Wanted
from qonto_simulator.times import with_seconds
from qonto_simulator.world import World

TYPE = "v1/consent-revocations"


def revoke_consent(world: World, grants: Grants, wanted: Wanted, at: datetime) -> int:
    """Ends the tokens, tells who subscribed to it, then ends the subscriptions; returns how many
    consents there were. What other members of the organisation consented to stays."""
    families = grants.revoke_consent(wanted)
    hub = world.hub
    # In the order of the consents: a set would shuffle the ids of the events from run to run.
    for owner in dict.fromkeys(
        (one.organisation_id, one.membership_id, one.client_id) for one in families
    ):
        organisation_id, _, client_id = owner
        mine = [
            one
            for one in hub.subscriptions.values()
            if (one.organisation_id, one.membership_id, one.client_id) == owner
        ]
        data: dict[str, object] = {"client_id": client_id, "revoked_at": with_seconds(at)}
        hub.emit(organisation_id, TYPE, data, at, only=mine)
        for one in mine:
            del hub.subscriptions[one.id]
    hub.recount()
    return len(families)
