"""What the banks do with transfers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from qonto_simulator.render.common import Document
from qonto_simulator.render.transfers import transfer
from qonto_simulator.rules import transfers as rules

from .call import call
from .desk import Desk
from .fields import Id
from .schemas import one_of

Reason = Annotated[str, one_of(rules.DECLINED_REASONS)]


class Transfers(Desk):
    """How SEPA transfers end."""

    @call(
        "POST",
        "/transfers/decline",
        "From now on the transfers to one account are declined, or all of them: those that the bank"
        " of the payee refuses after they were processed, the others before. Answers what is"
        " declined, by IBAN; `*` is for all.",
        answers="declined",
        example={"iban": "FR7630006000011234567890189", "reason": "beneficiary_iban_invalid"},
    )
    def decline_transfers(
        self,
        *,
        iban: Annotated[str | None, Meta(description="The payee's; all by default")] = None,
        reason: Annotated[
            Reason | None, Meta(description="The `declined_reason`; null ends it")
        ] = "qonto_processing_failed",
    ) -> dict[str, str]:
        declined = self._world.declined_transfers
        if reason is None:
            declined.pop(iban, None)
        else:
            declined[iban] = reason
        return {to or "*": why for to, why in declined.items()}

    @call(
        "POST",
        "/transfers/{id}/decline",
        "A transfer that is pending or processing is declined now; its money is free again.",
        answers="transfer",
        example={"reason": "organisation_compliance_reasons"},
    )
    def decline_transfer(
        self,
        id: Id,
        reason: Annotated[
            Reason, Meta(description="The `declined_reason`")
        ] = "qonto_processing_failed",
    ) -> Document:
        now = self._world.now()
        books, one = self._holder(id, lambda books: books.sepa_transfers)
        return transfer(rules.decline(self._world, books, one, reason, at=now))
