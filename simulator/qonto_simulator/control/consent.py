"""Consent, tokens and webhooks."""

from __future__ import annotations

from decimal import Decimal

from qonto_simulator.records.subscription import Delivery
from qonto_simulator.render.common import Document
from qonto_simulator.times import with_millis
from qonto_simulator.webhooks.revocation import revoke_consent

from .desk import Desk


class Consent(Desk):
    """What users and tokens do, and where events are."""

    def issue_access_token(
        self, scopes: list[str] | None = None, *, organization_id: str | None = None
    ) -> str:
        """A valid access token without the pages; all scopes unless told otherwise."""
        return self._simulator.issue_access_token(scopes, organization_id=organization_id)

    def register_redirect_uri(self, uri: str) -> None:
        """Lets the application be returned to at exactly this address."""
        self._simulator.register_redirect_uri(uri)

    def revoke_consent(self, *, organization_id: str | None = None) -> int:
        """The user unlinks the application: tokens die, subscribers are told.

        Returns how many consents ended.
        """
        id = None
        if organization_id is not None:
            id = self._world.books_of(organization_id).organisation.id
        simulator = self._simulator
        return revoke_consent(
            self._world, simulator.grants, simulator.client_id, id, self._world.now()
        )

    def expire_tokens(self, kind: str | None = None, *, organization_id: str | None = None) -> int:
        """Lets valid ``access`` or ``refresh`` tokens (or both) end now; returns how many."""
        if kind not in (None, "access", "refresh"):
            raise ValueError("kind must be access or refresh")
        id = None
        if organization_id is not None:
            id = self._world.books_of(organization_id).organisation.id
        return self._simulator.grants.expire(kind, id, self._world.now())

    def deliveries(
        self, *, state: str | None = None, type: str | None = None, limit: int | None = None
    ) -> list[Document]:
        """Events on their way and recently finished, oldest first; the last ``limit`` of them."""
        found = [
            one
            for one in self._world.hub.history
            if state in (None, one.state) and type in (None, one.type)
        ]
        shown = found if limit is None else found[max(0, len(found) - limit) :]
        return [_delivery(one) for one in shown]

    def resend(self, event_id: str) -> Document:
        """Delivers an event once more, with the same id and body: a duplicate."""
        delivery = self._world.hub.find(event_id)
        if delivery is None:
            raise KeyError(event_id)
        return _delivery(self._world.hub.repeat(delivery))

    def hold_deliveries(self) -> None:
        """Keeps coming events back until they are released."""
        self._world.hub.holding = True

    def release_deliveries(self, order: str = "forward") -> int:
        """Lets them go, ``forward`` or in ``reverse``; returns how many."""
        if order not in ("forward", "reverse"):
            raise ValueError("order must be forward or reverse")
        return self._world.hub.release(order)

    async def settle(self) -> int:
        """Delivers what is due and waits for the answers; returns how many wait for a retry."""
        self._world.now()
        return await self._simulator.courier.settle()


def _delivery(one: Delivery) -> Document:
    return {
        "event_id": one.event_id,
        "subscription_id": one.subscription_id,
        "organization_id": one.organisation_id,
        "type": one.type,
        "callback_url": one.callback_url,
        "state": one.state,
        "duplicate": one.duplicate,
        "created_at": with_millis(one.created_at),
        "next_attempt_at": with_millis(one.due) if one.state == "pending" else None,
        "body": one.body.decode(),
        "attempts": [
            {
                "at": with_millis(attempt.at),
                "status": attempt.status,
                "error": attempt.error,
                "seconds": Decimal(f"{attempt.seconds:.6f}"),
            }
            for attempt in one.attempts
        ],
    }
