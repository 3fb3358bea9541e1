"""Processes that pay at a simulated Qonto, over one database and one clock; what fails between."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import httpx2
from qonto_simulator import Simulator
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import Transfer

from connector.http import FixedAccess, ProviderClient
from connector.paying.order import (
    ApprovalMethod,
    CheckedOrder,
    Payee,
    PaymentOrder,
    Verification,
)
from connector.paying.paying import Paying, PaymentOutcome
from connector.paying.ports import ApprovalState, PaymentSystem, TransferAnswer, Transferred
from connector.ports import WriteDone
from connector.providers.qonto.client import QontoClient, dialect
from connector.providers.qonto.paying.transfers import QontoTransfers
from connector.registry import Provider, Registry
from connector.unified.payment import Payment
from oauth.tokens import Access, AccessSource
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.payment_settings import PaymentSettings
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.support.accounts import add_account

START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TARGET = "qonto"
SCOPES = frozenset({"organization.read", "payment.write", "attachment.write"})


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Weather:
    """What happens around the calls to Qonto: before and after each, by its name."""

    before: Callable[[str], None] = lambda _call: None
    after: Callable[[str], None] = lambda _call: None


@dataclass
class Outside:
    """The PaymentSystem as a process sees it, through the weather."""

    real: PaymentSystem
    weather: Weather

    async def allow(self, account_id: str) -> None:
        await self.real.allow(account_id)

    async def check(self, account_id: str, order: PaymentOrder, today: date) -> CheckedOrder:
        return await self.real.check(account_id, order, today)

    async def verify(self, account_id: str, payee: Payee, now: datetime) -> Verification:
        self.weather.before("verify")
        found = await self.real.verify(account_id, payee, now)
        self.weather.after("verify")
        return found

    def request(self, checked: CheckedOrder, proof: str) -> bytes:
        return self.real.request(checked, proof)

    async def send(
        self, account_id: str, request: bytes, key: str, method: ApprovalMethod, token: str | None
    ) -> TransferAnswer:
        self.weather.before("send")
        answer = await self.real.send(account_id, request, key, method, token)
        self.weather.after("send")
        return answer

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        self.weather.before("approval")
        return await self.real.approval(account_id, token, method)

    async def find(
        self, account_id: str, request: bytes, since: datetime
    ) -> Sequence[WriteDone[Payment]]:
        self.weather.before("find")
        return await self.real.find(account_id, request, since)

    async def look(self, account_id: str, transfer_id: str) -> Transferred:
        self.weather.before("look")
        return await self.real.look(account_id, transfer_id)

    def read(self, raw: bytes) -> Transferred:
        return self.real.read(raw)


class Tokens(FixedAccess):
    """Access that Qonto accepts whatever the clock says."""

    def __init__(self, simulator: Simulator, scopes: frozenset[str] | None = SCOPES) -> None:
        self.simulator = simulator
        self.scopes = scopes
        self._version = 0
        super().__init__(self._new())

    def _new(self) -> Access:
        token = self.simulator.control.issue_access_token(sorted(self.scopes or SCOPES))
        self._version += 1
        return Access({"Authorization": f"Bearer {token}"}, self.scopes, None, self._version)

    async def renew(self, account_id: str, refused: Access) -> Access:
        del account_id, refused
        self._access = self._new()
        return self._access


@dataclass
class Bank:
    """A simulated Qonto and the processes that pay there. `told` are the events that went out."""

    work: UnitOfWork
    ring: KeyRing
    simulator: Simulator = field(default_factory=lambda: Simulator(seed=1, clock=START))
    weather: Weather = field(default_factory=Weather)
    told: list[str] = field(default_factory=list[str])
    scopes: frozenset[str] | None = SCOPES

    def __post_init__(self) -> None:
        self.control = self.simulator.control
        self.control.set_quirks(rate_limits=False)
        self.books = self.simulator.world.books_of(None)
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=cast(Any, self.simulator.app)),
            base_url=self.simulator.base_url,
        )
        access: AccessSource = Tokens(self.simulator, self.scopes)
        calls = ProviderClient(
            self.http,
            access,
            self.simulator.base_url,
            dialect(gated=False),
            clock=self.clock,
            sleep=_at_once,
        )
        self.system = QontoTransfers(QontoClient(calls), access, self.clock)
        outside = Outside(self.system, self.weather)
        provider = Provider(
            TARGET, cast(Any, None), cast(Any, None), cast(Any, None), payments=outside
        )
        self.registry = Registry([provider])
        self.paying = self.process()

    def clock(self) -> datetime:
        return self.simulator.clock.now()

    def process(self) -> Paying:
        """Start another process."""
        return Paying(
            self.registry,
            self.work,
            self.ring,
            self.clock,
            wrote=self._wrote,
            sleep=self._sleep,
        )

    async def _wrote(self, account_id: str, target: str, resource: str) -> None:
        del account_id, target
        self.told.append(resource)

    async def _sleep(self, seconds: float) -> None:
        self.later(seconds)

    def later(self, seconds: float) -> None:
        """Let time pass, here and there."""
        self.control.advance(seconds=seconds)

    async def account(self, tenant_id: str | None = None, **settings: Any) -> Account:
        """Add an account of a vendor, or of a new one, which may pay within these limits."""
        at = self.clock()
        async with self.work.writing() as tx:
            tenant = Tenant(id=tenant_id or new_id("ten", at), name="Vendor", created_at=at)
            if tenant_id is None:
                await tx.tenants.add(tenant)
                allowed = PaymentSettings(tenant.id, at, enabled=True)
                await tx.payment_settings.put(replace(allowed, **settings))
            return await add_account(
                tx,
                Account(
                    id=new_id("acct", at),
                    tenant_id=tenant.id,
                    target=TARGET,
                    organization_id=new_id("org", at),
                    organization_name=None,
                    membership_id=None,
                    status="ACTIVE",
                    reference=None,
                    linked_at=at,
                    updated_at=at,
                ),
            )

    def payee(self, *, trusted: bool = False, name: str | None = None) -> Beneficiary:
        """Return a validated beneficiary whom the bank knows by that name."""
        made = self.control.add_beneficiary(trusted=trusted, name=name)
        found = self.books.beneficiaries.get(str(made["id"]))
        assert found is not None
        return found

    async def pay(self, account: Account, order: PaymentOrder, **how: Any) -> PaymentOutcome:
        """Ask for a payment."""
        return await self.paying.pay(
            account, order, key=how.get("key") or str(uuid.uuid4()), by=how.get("by", "key_one")
        )

    def transfers(self, reference: str) -> list[Transfer]:
        """List the transfers at Qonto with a reference."""
        return [one for one in self.books.sepa_transfers if one.reference == reference]

    def answer(self, result: str) -> None:
        """Let the owner answer all that waits."""
        for one in self.control.sca_sessions():
            if one["result"] == "waiting" and not one["expired"]:
                self.control.decide_sca(str(one["token"]), cast(Any, result))


def order(payee: Beneficiary, amount: str = "120.50", **changes: Any) -> PaymentOrder:
    """Return an order for a beneficiary."""
    facts: dict[str, Any] = {"reference": f"ref {uuid.uuid4().hex[:12]}", **changes}
    return PaymentOrder(amount=Decimal(amount), beneficiary_id=payee.id, **facts)


async def _at_once(seconds: float) -> None:
    del seconds
