"""Webhook events on their way."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from qonto_simulator.records.subscription import Delivery
from qonto_simulator.render.common import Document
from qonto_simulator.times import with_millis

from .call import call
from .desk import Desk
from .fields import Id, Last


class Deliveries(Desk):
    """Webhook events: where they are, and in which order and how often they come."""

    @call("GET", "/deliveries", "Events on their way and recently finished, oldest first.")
    def deliveries(
        self,
        *,
        state: Annotated[
            Literal["pending", "held", "delivered", "dropped"] | None,
            Meta(description="Only in this state"),
        ] = None,
        type: Annotated[str | None, Meta(description="Only of this type, `v1/...`")] = None,
        limit: Last = None,
    ) -> list[Document]:
        found = [
            one
            for one in self._world.hub.history
            if state in (None, one.state) and type in (None, one.type)
        ]
        shown = found if limit is None else found[max(0, len(found) - limit) :]
        return [_delivery(one) for one in shown]

    @call(
        "POST",
        "/events/{id}/resend",
        "Deliver an event once more, with the same id and body: a duplicate.",
        answers="delivery",
        sent_as={"event_id": "id"},
    )
    def resend(self, event_id: Id) -> Document:
        delivery = self._world.hub.find(event_id)
        if delivery is None:
            raise KeyError(event_id)
        return _delivery(self._world.hub.repeat(delivery))

    @call("POST", "/deliveries/hold", "Keep coming events back until they are released.")
    def hold_deliveries(self) -> None:
        self._world.hub.holding = True

    @call(
        "POST",
        "/deliveries/release",
        "Let held events go. Answers how many.",
        answers="released",
        example={"order": "reverse"},
    )
    def release_deliveries(
        self,
        order: Annotated[
            Literal["forward", "reverse"], Meta(description="The oldest first, or the newest")
        ] = "forward",
    ) -> int:
        return self._world.hub.release(order)

    @call(
        "POST",
        "/settle",
        "Deliver what is due and wait for the answers. Answers how many wait for a retry.",
        answers="waiting_for_retry",
    )
    async def settle(self) -> int:
        self._world.now()
        return await self._parts.courier.settle()


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
