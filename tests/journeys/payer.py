"""A linked account that pays, its books at Qonto, and its owner with a phone."""

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx2
from qonto_simulator.control.control import Control
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import Transfer
from qonto_simulator.world import Books

from connector.app.sandbox import Sandbox
from connector.providers.qonto.provider import FULL_SCOPES
from storage.repositories.payment_settings import PaymentSettings
from tests.journeys.bookkeeper import Bookkeeper, Written

SCOPES = " ".join((*FULL_SCOPES, "payment.write"))


@dataclass(frozen=True)
class Payer(Bookkeeper):
    """Pays for one account. `account_id` is the connector's name for it."""

    up: Sandbox
    tenant_id: str

    async def allow(self, **changes: Any) -> None:
        """Let the vendor pay, within these limits."""
        clock = self.up.container.storage.clock
        new = PaymentSettings(self.tenant_id, clock(), enabled=True)
        async with self.up.container.storage.work.writing() as tx:
            await tx.payment_settings.put(replace(new, **changes))

    def beneficiary(self, *, trusted: bool = False, **changes: Any) -> Beneficiary:
        """Let the organisation have a validated beneficiary that its bank knows by that name."""
        made = self.control.add_beneficiary(trusted=trusted, **changes)
        found = self.books.beneficiaries.get(str(made["id"]))
        assert found is not None
        return found

    async def pay(
        self, payee: Beneficiary | None, *, key: str | None = None, query: Any = None, **line: Any
    ) -> Written:
        """Ask for a payment of 120.50 unless it says otherwise."""
        body = payment(payee, **line)
        return await self.call(
            "POST", "payments", body, key=key or str(uuid.uuid4()), **(query or {})
        )

    async def task(self, task_id: str) -> Any:
        """Return how far a payment is."""
        return await self.ok("GET", f"asyncTask/{task_id}")

    def transfers(self) -> list[Transfer]:
        """List the transfers at Qonto that were made here, the first made first."""
        made = [one for one in self.books.sepa_transfers if one.reference.startswith("pay ")]
        return sorted(made, key=lambda one: one.created_at)

    def sessions(self) -> list[dict[str, Any]]:
        """List what the owner was asked to approve."""
        return [dict(one) for one in self.control.sca_sessions()]


def payment(payee: Beneficiary | None, **line: Any) -> dict[str, Any]:
    """Return what asks for a payment; `approveBy` is beside its line."""
    method = {"approveBy": line.pop("approveBy")} if "approveBy" in line else {}
    whom = {} if payee is None else {"beneficiaryId": payee.id}
    amount = line.pop("amount", "120.50")
    asked = {"amount": float(amount), "description": "pay 1", **whom, **line}
    return {"currency": "EUR", "paymentLines": [asked], **method}


@asynccontextmanager
async def payer(
    up: Sandbox, target: str = "qonto", *, enabled: bool = True
) -> AsyncGenerator[Payer]:
    """Link an account whose vendor may pay."""
    simulator = up.simulators[target]
    organization = simulator.control.organizations()[0]["id"]
    books = simulator.world.books[organization]
    tenants = await up.container.oauth.tenants.all()
    async with up.client(await up.link(target)) as client:
        it = Payer(client, books, simulator.control, up, tenants[0].id)
        if enabled:
            await it.allow()
        yield it


def euros(amount: Any) -> Decimal:
    """Return an amount as it is compared."""
    return Decimal(amount).quantize(Decimal("0.01"))


Client = httpx2.AsyncClient
Controls = Control
Ledger = Books
