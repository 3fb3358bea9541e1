"""Jobs: steps are taken once each, by whoever is free, and end where they should."""

from typing import Any

import pytest

from connector.errors import (
    DownstreamRefused,
    DownstreamTimeout,
    IdempotencyKeyReused,
    WriteInProgress,
    WriteOutcomeUnknown,
)
from connector.jobs.jobs import (
    KEPT,
    LEASE,
    JobReport,
    Jobs,
    JobState,
    JobStep,
    StepAgain,
    StepEnd,
)
from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.writing.shop import Office

pytestmark = pytest.mark.both_databases


class Killed(BaseException):
    """The end of a process, whatever it was at."""


class Counting:
    """A job that counts to three, as its script says: again, end, fail, later, die.

    `unknown` and `busy` are what writes raise of which nobody can tell yet what came.
    """

    def __init__(self) -> None:
        self.script: list[str] = []
        self.steps = 0
        self.ids: list[str] = []

    async def advance(self, account: Account, job_id: str, state: JobState) -> JobStep:
        self.steps += 1
        self.ids.append(job_id)
        what = self.script.pop(0) if self.script else "again"
        if what == "fail":
            raise DownstreamRefused("It doesn't like that.")
        if what == "later":
            raise DownstreamTimeout("It did not answer.")
        if what == "unknown":
            raise WriteOutcomeUnknown("Nobody can tell yet.", retry_after=5)
        if what == "busy":
            raise WriteInProgress("Another process looks for it.")
        if what == "die":
            raise Killed
        count = state.work["count"] = state.work.get("count", 0) + 1
        state.result = {"count": count}
        return StepEnd() if count == 3 else StepAgain(10.0)


class Work:
    """An account, its jobs, and processes that do them."""

    def __init__(self, office: Office, ring: KeyRing, account: Account) -> None:
        self.office = office
        self.account = account
        self.kind = Counting()
        self._ring = ring

    def process(self) -> Jobs:
        office = self.office

        async def sleep(seconds: float) -> None:
            office.later(seconds)

        return Jobs(office.work, self._ring, office.clock, {"count": self.kind}, sleep=sleep)

    async def now(self, key: str | None = None, *, within: float = 60.0, mark: str = "a") -> Any:
        return await self.process().run_now(
            self.account, "count", JobState({}), fingerprint=mark, key_digest=key, within=within
        )

    async def report(self, job_id: str) -> JobReport:
        return await self.process().get(self.account.id, job_id)


@pytest.fixture
async def work_(work: UnitOfWork, ring: KeyRing) -> Work:
    office = Office(work, ring)
    return Work(office, ring, await office.account())


async def test_a_job_is_done_step_by_step(work_: Work) -> None:
    begun = await work_.process().begin(work_.account.id, "count", JobState({}))
    assert (await work_.report(begun.id)).status == "OPEN"
    for count in (1, 2, 3):
        assert await work_.process().run_due() == 1
        told = await work_.report(begun.id)
        assert told.state.result == {"count": count}
        assert told.status == ("SUCCESS" if count == 3 else "IN_PROGRESS")
        assert await work_.process().run_due() == 0  # its time hasn't come
        work_.office.later(11)
    assert await work_.process().run_due() == 0 and work_.kind.steps == 3


async def test_a_job_runs_here_as_long_as_its_request_waits(work_: Work) -> None:
    done = await work_.now()
    assert (done.status, done.state.result) == ("SUCCESS", {"count": 3})
    begun = await work_.now(within=5)
    assert (begun.status, begun.state.result) == ("IN_PROGRESS", {"count": 1})
    for _ in range(2):
        work_.office.later(11)
        assert await work_.process().run_due() == 1
    assert (await work_.report(begun.id)).status == "SUCCESS"


async def test_a_key_is_for_one_job(work_: Work) -> None:
    done = await work_.now("key")
    again = await work_.now("key")
    assert again.id == done.id and again.is_replayed and work_.kind.steps == 3
    with pytest.raises(IdempotencyKeyReused):
        await work_.now("key", mark="b")
    assert (await work_.now("other")).id != done.id


async def test_what_fails_at_once_leaves_its_key_free(work_: Work) -> None:
    work_.kind.script = ["fail"]
    with pytest.raises(DownstreamRefused):
        await work_.now("key")
    assert (await work_.now("key", mark="b")).status == "SUCCESS"


@pytest.mark.parametrize("what", ["unknown", "busy"])
async def test_a_first_step_of_which_nobody_can_tell_is_taken_again_by_the_same_job(
    work_: Work, what: str
) -> None:
    """Its writes have keys made of the job's id: another job would do them once more."""
    work_.kind.script = [what]
    with pytest.raises((WriteOutcomeUnknown, WriteInProgress)):
        await work_.now("key")
    done = await work_.now("key")
    assert done.status == "SUCCESS" and set(work_.kind.ids) == {done.id}


async def test_what_fails_after_a_process_died_over_it_is_still_the_same_job(work_: Work) -> None:
    """Nobody knows what the other one had done; it had written nothing down."""
    work_.kind.script = ["die", "fail"]
    with pytest.raises(Killed):
        await work_.now("key")
    work_.office.later(LEASE.total_seconds() + 1)
    with pytest.raises(DownstreamRefused):
        await work_.now("key")
    done = await work_.now("key")
    assert done.status == "SUCCESS" and set(work_.kind.ids) == {done.id}


async def test_a_worker_asks_again_for_what_nobody_can_tell_yet(work_: Work) -> None:
    work_.kind.script = ["unknown"]
    begun = await work_.process().begin(work_.account.id, "count", JobState({}))
    for _ in range(4):
        await work_.process().run_due()
        work_.office.later(11)
    assert (await work_.report(begun.id)).status == "SUCCESS"


async def test_what_fails_later_is_gone_on_with(work_: Work) -> None:
    work_.kind.script = ["again", "fail"]
    with pytest.raises(DownstreamRefused):
        await work_.now("key")
    done = await work_.now("key")
    assert done.state.result == {"count": 3} and work_.kind.steps == 4


async def test_a_failure_that_may_pass_is_tried_again_and_others_end_the_job(work_: Work) -> None:
    work_.kind.script = ["again", "later", "again", "fail"]
    begun = await work_.process().begin(work_.account.id, "count", JobState({}))
    statuses: list[str] = []
    for _ in range(4):
        await work_.process().run_due()
        statuses.append((await work_.report(begun.id)).status)
        work_.office.later(60)
    assert statuses == ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "FAILED"]
    told = await work_.report(begun.id)
    assert told.state.error is not None and told.state.error["code"] == "DOWNSTREAM_REFUSED"
    assert told.state.result == {"count": 2}


async def test_another_process_goes_on_where_one_died(work_: Work) -> None:
    work_.kind.script = ["again", "die"]
    begun = await work_.process().begin(work_.account.id, "count", JobState({}))
    await work_.process().run_due()
    work_.office.later(11)
    with pytest.raises(BaseExceptionGroup):
        await work_.process().run_due()
    assert await work_.process().run_due() == 0  # the dead one's lease
    work_.office.later(LEASE.total_seconds() + 1)
    assert await work_.process().run_due() == 1
    assert (await work_.report(begun.id)).state.result == {"count": 2}


async def test_nobody_sees_another_accounts_job(work_: Work) -> None:
    begun = await work_.now()
    other = await work_.office.account()
    for account_id, job_id in ((other.id, begun.id), (work_.account.id, "job_x")):
        with pytest.raises(NotFound):
            await work_.process().get(account_id, job_id)


async def test_what_came_of_a_job_is_kept_for_a_day(work_: Work) -> None:
    begun = await work_.now()
    work_.office.later(KEPT.total_seconds() - 60)
    await work_.process().run_due()
    assert (await work_.report(begun.id)).status == "SUCCESS"
    work_.office.later(120)
    await work_.process().run_due()
    with pytest.raises(NotFound):
        await work_.report(begun.id)
