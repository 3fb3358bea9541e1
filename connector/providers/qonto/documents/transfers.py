"""Money that leaves: SEPA transfers and their payees, and how the owner approves them."""

from typing import Any

import msgspec

from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource


class Transfer(QontoDocument, frozen=True):
    """A SEPA transfer. `amount` is a number beside a twin in cents, in euros."""

    id: str | None = None
    bank_account_id: str | None = None
    beneficiary_id: str | None = None
    amount: Any = None
    amount_cents: Any = None
    amount_currency: str | None = None
    status: str | None = None
    reference: str | None = None
    note: str | None = None
    declined_reason: str | None = None
    scheduled_date: str | None = None
    processed_at: str | None = None
    completed_at: str | None = None
    transaction_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class QontoBeneficiary(QontoDocument, frozen=True):
    """Whom transfers go to. Only a person can trust one, in Qonto's app."""

    id: str | None = None
    name: str | None = None
    iban: str | None = None
    bic: str | None = None
    status: str | None = None
    trusted: bool | None = None
    email: str | None = None
    activity_tag: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Challenge(msgspec.Struct, frozen=True, gc=False):
    """What 428 says: the session that asks the owner, or that they have no device."""

    code: str | None = None
    sca_session_token: str | None = None

    def __repr__(self) -> str:
        return f"Challenge(code={self.code!r})"


class ScaSession(msgspec.Struct, frozen=True, gc=False):
    """What the owner answered: waiting, allow or deny."""

    result: str | None = None


class ProofToken(msgspec.Struct, frozen=True, gc=False):
    """A proof in the shape of an object."""

    token: str | None = None


class PayeeVerification(msgspec.Struct, frozen=True, gc=False):
    """What the payee's bank says; `proof_token` is an object or a text."""

    match_result: str | None = None
    matched_name: str | None = None
    proof_token: ProofToken | str | None = None

    def __repr__(self) -> str:
        return f"PayeeVerification(match_result={self.match_result!r})"

    @property
    def proof(self) -> str | None:
        """Return the text that a transfer takes along."""
        told = self.proof_token
        return told.token if isinstance(told, ProofToken) else told


TRANSFERS = QontoResource("transfers", "transfer", Transfer)
BENEFICIARIES = QontoResource("beneficiaries", "beneficiary", QontoBeneficiary)
