"""Trusting a beneficiary: the owner approves it once, and then no transfer to it any more.

Trust stands however often it is given, so that a lost answer is simply followed by asking again.
"""

from dataclasses import dataclass
from datetime import datetime

from connector.jobs.jobs import JobReport, Jobs, JobState, JobStep, StepAgain, StepEnd
from connector.paying.ports import Challenged, NotEnrolled, TrustAnswer, Trusted, TrustSystem
from connector.paying.states import APPROVE_WITHIN
from connector.paying.switch import PaymentSwitch
from connector.registry import Registry
from connector.unified.enums import ApprovalMethod
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.repositories.accounts import Account

TRUST_JOB = "beneficiaries.trust"

_POLL = 2.0


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
        system, work = _system(self.registry, account.target), state.work
        token = work.get("token")
        if token is not None and not work.get("isAllowed"):
            seen = await system.approval(account.id, token, work["method"])
            if seen == "WAITING" and self.clock() < datetime.fromisoformat(work["until"]):
                return StepAgain(_POLL)
            if seen != "ALLOWED":
                return _failed(state, "DENIED" if seen == "DENIED" else "EXPIRED")
            work["isAllowed"] = True
        return self._answered(
            state,
            await system.trust(account.id, work["beneficiaryId"], work["method"], token),
        )

    def _answered(self, state: JobState, answer: TrustAnswer) -> JobStep:
        match answer:
            case Trusted():
                state.result = {"beneficiaryId": state.work["beneficiaryId"], "trusted": True}
                return StepEnd()
            case Challenged(token) if not state.work.get("isAllowed"):
                until: datetime = self.clock() + APPROVE_WITHIN
                state.work |= {"token": token, "until": until.isoformat()}
                state.notes = ["The owner has to approve it in the bank's app."]
                return StepAgain(_POLL)
            case NotEnrolled():
                return _failed(state, "APPROVAL_NOT_SET_UP")
            case _:
                return _failed(state, "NOT_APPROVED")


_WHY = {
    "DENIED": "The owner denied it.",
    "EXPIRED": "Nobody approved it in time.",
    "APPROVAL_NOT_SET_UP": "The owner has no device to approve it with.",
    "NOT_APPROVED": "The owner's approval was not taken.",
}


def _failed(state: JobState, code: str) -> StepEnd:
    state.error = {"code": code, "message": _WHY[code]}
    return StepEnd("FAILED")


def _system(registry: Registry, target: str) -> TrustSystem:
    found = registry.get(target).trust
    if found is None:
        raise NotSupported(f"{target} has no beneficiaries to trust.")
    return found
