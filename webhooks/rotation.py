"""A new secret for a subscription, beside the old one for a day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oauth.audit import OPERATOR, entry
from storage.clock import Clock
from storage.errors import Conflict
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks import ownership
from webhooks.errors import RotationUnderWay
from webhooks.signing import new_secret

OVERLAP = timedelta(hours=24)
"""How long receivers have to change over."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new secret, which is shown this once; the old one counts until `previous_until`."""

    secret: bytes = field(repr=False)
    previous_until: datetime | None


@dataclass(frozen=True)
class Rotation:
    work: UnitOfWork
    ring: KeyRing
    clock: Clock

    async def rotate(
        self,
        account: Account,
        subscription_id: str,
        *,
        expire_now: bool = False,
        by: str = OPERATOR,
    ) -> Rotated:
        """Make a new secret; with `expire_now` the old ones end at once, as after a leak.

        Raises NotFound, RotationUnderWay within a day of the last one, since a third secret would
        leave a receiver that hasn't changed over with none; Conflict when two rotate at once.
        """
        now = self.clock()
        secret = new_secret()
        async with self.work.writing() as tx:
            old = await ownership.live_subscription(tx, account, subscription_id)
            if not expire_now and old.previous_until is not None and now < old.previous_until:
                raise RotationUnderWay(old.previous_until)
            previous = until = None
            if not expire_now:
                until = now + OVERLAP
                previous = self.ring.seal(
                    self.ring.open(old.secret, associated_data=old.associated_data),
                    associated_data=old.previous_associated_data,
                )
            sealed = self.ring.seal(secret, associated_data=old.associated_data)
            if not await tx.subscriptions.replace_secret(
                old, sealed, previous=previous, until=until, at=now
            ):
                raise Conflict("The secret was changed by somebody else just now.")
            await tx.audit.add(
                entry(
                    "subscription.secret_rotated",
                    by=by,
                    at=now,
                    tenant_id=account.tenant_id,
                    account_id=account.id,
                    subscription_id=old.id,
                )
            )
        return Rotated(secret, until)
