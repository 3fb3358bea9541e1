"""Whether a vendor may pay at all: off until the operator of this service turns it on."""

from dataclasses import dataclass

from connector.errors import PaymentsDisabled
from connector.reading import ReadableAccount
from storage.repositories.payment_settings import PaymentSettings
from storage.unit_of_work import UnitOfWork

GUARDED = ("payments", "beneficiaries")
"""What can't be written while payments are off."""


@dataclass(frozen=True)
class PaymentSwitch:
    """Looks at a vendor's settings."""

    work: UnitOfWork

    async def settings(self, tenant_id: str) -> PaymentSettings:
        """Return what a vendor may pay with. Raises PaymentsDisabled where it may pay nothing."""
        async with self.work.reading() as tx:
            return if_enabled(await tx.payment_settings.get(tenant_id))

    async def guard(self, account: ReadableAccount, name: str) -> None:
        """Raise PaymentsDisabled for a write that belongs to payments while they are off."""
        if name.partition(".")[0] in GUARDED:
            await self.settings(account.tenant_id)


def if_enabled(found: PaymentSettings | None) -> PaymentSettings:
    """Return settings that let a vendor pay. Raises PaymentsDisabled."""
    if found is None or not found.enabled:
        raise PaymentsDisabled(
            "Payments are off. The operator of this service turns them on for a vendor with the "
            "command `tenant payments enable`."
        )
    return found
