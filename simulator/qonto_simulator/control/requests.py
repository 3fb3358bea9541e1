"""What people do in the app with what was asked for."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from qonto_simulator.records.request import Request
from qonto_simulator.render.common import Document
from qonto_simulator.render.requests import whole_request
from qonto_simulator.rules import requests as rules
from qonto_simulator.world import Books

from .call import call
from .desk import Desk
from .fields import Id, Text


class Requests(Desk):
    """Requests for transfers and cards, decided by the owner or taken back."""

    @call(
        "POST",
        "/requests/{id}/approve",
        "The owner approves a request in the app: its transfers move, its card is there.",
        answers="request",
    )
    def approve_request(
        self,
        id: Id,
        *,
        debit_iban: Annotated[
            str | None,
            Meta(description="The account that pays; the proposed or the main one by default"),
        ] = None,
    ) -> Document:
        now = self._world.now()
        books, one = self._find(id)
        iban = debit_iban or one.debit_iban or books.organisation.main_account.iban
        account = books.account_by_iban(iban)
        if account is None:
            raise ValueError("debit_iban is not an account of the organisation")
        by = books.organisation.owner.id
        return whole_request(
            rules.approve(self._world, books, one, account, approver_id=by, at=now)
        )

    @call(
        "POST",
        "/requests/{id}/decline",
        "The owner declines a request in the app.",
        answers="request",
        example={"declined_note": "Paid already"},
    )
    def decline_request(
        self,
        id: Id,
        declined_note: Annotated[Text, Meta(description="Why")] = "Not this month",
    ) -> Document:
        now = self._world.now()
        books, one = self._find(id)
        by = books.organisation.owner.id
        return whole_request(rules.decline(books, one, declined_note, approver_id=by, at=now))

    @call(
        "POST",
        "/requests/{id}/cancel",
        "Who asked takes the request back in the app.",
        answers="request",
    )
    def cancel_request(self, id: Id) -> Document:
        now = self._world.now()
        books, one = self._find(id)
        return whole_request(rules.cancel(books, one, at=now))

    def _find(self, id: str) -> tuple[Books, Request]:
        return self._holder(id, lambda books: books.requests)
