"""Trusting a beneficiary: the owner approves it once, and then no transfer to it any more."""

from dataclasses import dataclass

from connector.jobs.jobs import JobReport, Jobs, JobState, JobStep
from connector.paying.approving import OwnerAct, take_step
from connector.paying.ports import TrustSystem
from connector.paying.switch import PaymentSwitch
from connector.registry import Registry
from connector.unified.enums import ApprovalMethod
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.repositories.accounts import Account

TRUST_JOB = "beneficiaries.trust"


@dataclass(frozen=True)
class Trusting:
    """Begins the task that trusts a beneficiary."""

    registry: Registry
    jobs: Jobs
    switch: PaymentSwitch

    async def begin(
        self, account: Account, beneficiary_id: str, method: ApprovalMethod
    ) -> JobReport:
        """Have the owner asked. Raises PaymentsDisabled, MissingScope and DocumentNotFound."""
        await self.switch.settings(account.tenant_id)
        system = _system(self.registry, account.target)
        await system.may_trust(account.id)
        await system.check(account.id, beneficiary_id)
        work = {"beneficiaryId": beneficiary_id, "method": method}
        return await self.jobs.begin(account.id, TRUST_JOB, JobState(work))


@dataclass(frozen=True)
class TrustJob:
    """The kind of job that asks the owner, and then trusts."""

    registry: Registry
    switch: PaymentSwitch
    clock: Clock

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        del job_id
        await self.switch.settings(account.tenant_id)
        system = _system(self.registry, account.target)
        whom, method = state.work["beneficiaryId"], state.work["method"]
        act = OwnerAct(
            ask=lambda token: system.trust(account.id, whom, method, token),
            answer=lambda token: system.approval(account.id, token, method),
            is_done=lambda: system.is_trusted(account.id, whom),
            result={"beneficiaryId": whom, "trusted": True},
        )
        return await take_step(act, state, self.clock())


def _system(registry: Registry, target: str) -> TrustSystem:
    found = registry.get(target).trust
    if found is None:
        raise NotSupported(f"{target} has no beneficiaries to trust.")
    return found
