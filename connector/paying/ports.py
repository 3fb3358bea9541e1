"""What a target system offers to paying."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from connector.paying.order import ApprovalMethod, CheckedOrder, Payee, PaymentOrder, Verification
from connector.ports import Found, PreparedWrite, WriteDone
from connector.unified.payment import Payment as UnifiedPayment


@dataclass(frozen=True, slots=True)
class Transferred:
    """There is a transfer: its id, where it stands in the unified words, and how it is told."""

    id: str
    status: str
    found: Found[UnifiedPayment]


@dataclass(frozen=True, slots=True)
class Challenged:
    """The owner has to approve it first. `repr` hides the token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """The owner has no device to approve it with."""


@dataclass(frozen=True, slots=True)
class ApprovalUnusable:
    """The owner's approval isn't taken (any more)."""


TransferAnswer = Transferred | Challenged | NotEnrolled | ApprovalUnusable

ApprovalState = Literal["WAITING", "ALLOWED", "DENIED", "GONE"]


class PaymentSystem(Protocol):
    """Makes transfers at a target system. Each method raises what `ProviderClient.send` raises."""

    async def allow(self, account_id: str) -> None:
        """Raise MissingScope or NotSupported where the account can't pay at all."""
        ...

    async def check(self, account_id: str, order: PaymentOrder, today: date) -> CheckedOrder:
        """Check an order before anything leaves. Raises Invalid with everything that is wrong."""
        ...

    async def verify(self, account_id: str, payee: Payee, now: datetime) -> Verification:
        """Ask the payee's bank whether the account is the payee's."""
        ...

    def request(self, checked: CheckedOrder, proof: str) -> bytes:
        """Return what is sent for a transfer."""
        ...

    async def send(
        self, account_id: str, request: bytes, key: str, method: ApprovalMethod, token: str | None
    ) -> TransferAnswer:
        """Ask for a transfer. For half an hour the same key makes no second one."""
        ...

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        """Look at what the owner answered."""
        ...

    async def find(
        self, account_id: str, request: bytes, since: datetime
    ) -> Sequence[WriteDone[UnifiedPayment]]:
        """Return the transfers that may have come of a request since a moment."""
        ...

    async def look(self, account_id: str, transfer_id: str) -> Transferred:
        """Return a transfer as it is now. Raises DocumentNotFound."""
        ...

    def read(self, raw: bytes) -> Transferred:
        """Read a stored transfer again."""
        ...


@dataclass(frozen=True, slots=True)
class ActDone:
    """It is done, and stays so."""


ActAnswer = ActDone | Challenged | NotEnrolled | ApprovalUnusable


class TrustSystem(Protocol):
    """Trusts beneficiaries at a target system."""

    async def may_trust(self, account_id: str) -> None:
        """Raise MissingScope or NotSupported where only the owner can, in the bank's app."""
        ...

    async def check(self, account_id: str, beneficiary_id: str) -> None:
        """Raise DocumentNotFound, or Invalid for one that can't be trusted."""
        ...

    async def trust(
        self, account_id: str, beneficiary_id: str, method: ApprovalMethod, token: str | None
    ) -> ActAnswer:
        """Ask for it. It's done for one that is trusted already."""
        ...

    async def is_trusted(self, account_id: str, beneficiary_id: str) -> bool:
        """Say whether it is trusted now."""
        ...

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        """Look at what the owner answered."""
        ...


class ClosingSystem(Protocol):
    """Closes bank accounts at a target system."""

    async def check(self, account_id: str, bank_account_id: str) -> PreparedWrite:
        """Return what would be closed. Nothing leaves.

        Raises MissingScope or NotSupported where only the owner can, in the bank's app,
        DocumentNotFound, and Invalid with everything that stands against it.
        """
        ...

    async def close(
        self, account_id: str, bank_account_id: str, method: ApprovalMethod, token: str | None
    ) -> ActAnswer:
        """Ask for it. It's done for one that is closed already. Raises Invalid as `check` does."""
        ...

    async def is_closed(self, account_id: str, bank_account_id: str) -> bool:
        """Say whether it is closed now."""
        ...

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        """Look at what the owner answered."""
        ...
