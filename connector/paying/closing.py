"""Closing a bank account, which nobody can undo: checked, said yes to, approved by the owner.

dry run --what would be closed, and a token--> asked --the owner approves it--> closed
"""

from dataclasses import dataclass

from connector.jobs.jobs import JobReport, Jobs, JobState, JobStep, StepEnd
from connector.paying.approving import OwnerAct, failed, take_step
from connector.paying.ports import ClosingSystem
from connector.ports import PreparedWrite, WriteRequest
from connector.registry import Registry
from connector.unified.enums import ApprovalMethod
from connector.writing.confirming import Act, Confirmation, Confirmations, Consent
from connector.writing.fingerprints import fingerprint, key_digest
from connector.writing.writing import Wrote, ignored
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.errors import Invalid
from storage.repositories.accounts import Account

CLOSE_JOB = "bankAccounts.delete"


@dataclass(frozen=True, slots=True)
class ClosingRequest:
    """Which account is to be closed, and how the owner is asked."""

    bank_account_id: str
    method: ApprovalMethod
    key: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tell this request from others with the same key."""
        asked = WriteRequest(record_id=self.bank_account_id, options={"approveBy": self.method})
        return fingerprint(CLOSE_JOB, asked)


@dataclass(frozen=True)
class Closing:
    """Begins the task that closes a bank account."""

    registry: Registry
    jobs: Jobs
    confirmations: Confirmations

    async def check(
        self, account: Account, asked: ClosingRequest
    ) -> tuple[PreparedWrite, Confirmation]:
        """Return what would be closed, and what says yes to that. Raises as `begin` does."""
        checked = await self._checked(account, asked)
        return checked, self.confirmations.offer(_act(account, asked, asked.key, checked))

    async def begin(self, account: Account, asked: ClosingRequest, consent: Consent) -> JobReport:
        """Have the owner asked; with a key that is known, tell the task that was begun.

        Raises MissingScope, NotSupported, DocumentNotFound, Invalid with everything that stands
        against it, ConfirmationRequired, ConfirmationStale and IdempotencyKeyReused.
        """
        key = asked.key or consent.token
        mark, digest = asked.fingerprint, key_digest(key)
        if digest is not None:
            known = await self.jobs.known(account.id, CLOSE_JOB, mark, digest)
            if known is not None:
                return known
        checked = await self._checked(account, asked)
        self.confirmations.check(consent, _act(account, asked, key, checked))
        work = {"bankAccountId": asked.bank_account_id, "method": asked.method}
        return await self.jobs.begin(
            account.id, CLOSE_JOB, JobState(work), fingerprint=mark, key_digest=digest
        )

    async def _checked(self, account: Account, asked: ClosingRequest) -> PreparedWrite:
        system = _system(self.registry, account.target)
        return await system.check(account.id, asked.bank_account_id)


@dataclass(frozen=True)
class CloseJob:
    """The kind of job that asks the owner, and then closes."""

    registry: Registry
    clock: Clock
    wrote: Wrote = ignored

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        del job_id
        system = _system(self.registry, account.target)
        which, method = state.work["bankAccountId"], state.work["method"]
        act = OwnerAct(
            ask=lambda token: system.close(account.id, which, method, token),
            answer=lambda token: system.approval(account.id, token, method),
            is_done=lambda: system.is_closed(account.id, which),
            result={"id": which, "status": "ARCHIVED"},
        )
        try:
            step = await take_step(act, state, self.clock())
        except Invalid as error:  # money came in while the owner was asked, say
            told = error.fields[0]
            return failed(state, told.code, told.message)
        if step == StepEnd():
            await self.wrote(account.id, account.target, "BANK_ACCOUNT")
        return step


def _act(account: Account, asked: ClosingRequest, key: str | None, checked: PreparedWrite) -> Act:
    return Act(account.id, asked.fingerprint, key, checked.seen)


def _system(registry: Registry, target: str) -> ClosingSystem:
    found = registry.get(target).closing
    if found is None:
        raise NotSupported(f"{target} closes no bank accounts.")
    return found
