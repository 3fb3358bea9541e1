"""A write is done once, whatever becomes of its answer, on both databases."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from connector.errors import (
    DownstreamRefused,
    IdempotencyKeyReused,
    NotReached,
    WriteInProgress,
    WriteOutcomeUnknown,
)
from connector.ports import PreparedWrite
from connector.writing.decisions import SETTLED_AFTER
from connector.writing.performed import WriteSettings
from connector.writing.recording import Recording
from storage.errors import Invalid
from storage.repositories.accounts import Account
from storage.repositories.writes import StoredWrite
from storage.sealing import KeyRing
from storage.tables import WriteRow
from storage.unit_of_work import UnitOfWork
from storage.values import table_of
from tests.connector.writing.shop import Making, Office, Record, order

pytestmark = pytest.mark.both_databases

MAKE = "orders.create"
SETTLED = SETTLED_AFTER.total_seconds() + 1


@pytest.fixture
def office(work: UnitOfWork, ring: KeyRing) -> Office:
    return Office(work, ring)


@pytest.fixture
async def account(office: Office) -> Account:
    return await office.account()


async def stored(office: Office) -> int:
    async with office.work.reading() as tx:
        rows = await tx.connection.execute(select(func.count()).select_from(table_of(WriteRow)))
        return rows.scalar_one()


def texts(office: Office) -> list[str]:
    return [one.text for one in office.shop.records]


async def test_an_answer_is_kept_for_its_key_alone(office: Office, account: Account) -> None:
    writing = office.process()
    first = await writing.perform(account, MAKE, order(), "key")
    assert first.warnings == ("a warning",) and not first.is_replayed
    again = await office.process().perform(account, MAKE, order(), "key")
    assert again.is_replayed and again.found is not None and first.found is not None
    assert again.found.item == first.found.item and again.record_id == "rec-1"
    await writing.perform(account, MAKE, order(), "other key")
    await writing.perform(account, MAKE, order(), None)
    await writing.perform(await office.account(), MAKE, order(), "key")
    assert texts(office) == ["one"] * 4


async def test_a_key_belongs_to_one_request(office: Office, account: Account) -> None:
    writing = office.process()
    await writing.perform(account, MAKE, order(), "key")
    with pytest.raises(IdempotencyKeyReused):
        await writing.perform(account, MAKE, order("two"), "key")
    await writing.perform(account, "orders.set", order("two"), "key")
    assert texts(office) == ["one", ""]


@pytest.mark.parametrize(
    ("answer", "error"), [("refused", DownstreamRefused), ("unreached", NotReached)]
)
async def test_what_had_no_effect_leaves_its_key_free(
    office: Office, account: Account, answer: str, error: type[Exception]
) -> None:
    writing = office.process()
    office.shop.answers = [answer]
    with pytest.raises(error):
        await writing.perform(account, MAKE, order(), "key")
    assert await stored(office) == 0 and office.shop.looked == 0
    await writing.perform(account, MAKE, order("two"), "key")
    assert texts(office) == ["two"]


async def test_a_lost_answer_is_found(office: Office, account: Account) -> None:
    office.shop.answers = ["lost"]
    done = await office.process().perform(account, MAKE, order(), "key")
    assert done.record_id == "rec-1" and texts(office) == ["one"]


async def test_what_was_never_done_is_done_when_asked_again_after_a_while(
    office: Office, account: Account
) -> None:
    writing = office.process()
    office.shop.answers = ["dropped"]
    with pytest.raises(WriteOutcomeUnknown) as told:
        await writing.perform(account, MAKE, order(), "key")
    assert told.value.retry_after is not None and 0 < told.value.retry_after <= 60
    with pytest.raises(WriteOutcomeUnknown):  # too early to tell
        await writing.perform(account, MAKE, order(), "key")
    assert texts(office) == []
    office.later(SETTLED)
    done = await writing.perform(account, MAKE, order(), "key")
    assert done.record_id == "rec-1" and texts(office) == ["one"]


async def test_what_shows_late_is_not_done_again(office: Office, account: Account) -> None:
    writing = office.process()
    office.shop.answers = ["dropped"]
    with pytest.raises(WriteOutcomeUnknown):
        await writing.perform(account, MAKE, order(), "key")
    office.shop.make("one")
    done = await writing.perform(account, MAKE, order(), "key")
    assert done.record_id == "rec-1" and texts(office) == ["one"]


async def test_equal_records_of_others_are_never_taken(office: Office, account: Account) -> None:
    writing = office.process()
    office.shop.make("one")  # a little before: nobody can tell whose it is
    office.later(1)
    await writing.perform(account, MAKE, order(), "first")
    office.later(60)
    office.shop.answers = ["dropped"]
    with pytest.raises(WriteOutcomeUnknown) as told:
        await writing.perform(account, MAKE, order(), "second")
    assert "rec-1" in told.value.message and "rec-2" not in told.value.message
    assert told.value.retry_after is None
    assert texts(office) == ["one", "one"]


async def test_more_than_were_asked_for_is_said_to_be_undecided(
    office: Office, account: Account
) -> None:
    office.shop.answers = ["lost"]
    writing = office.process()
    office.shop.make("one")  # at the same moment, by somebody else
    with pytest.raises(WriteOutcomeUnknown) as told:
        await writing.perform(account, MAKE, order(), "key")
    assert "rec-1" in told.value.message and "rec-2" in told.value.message


async def test_two_lost_alike_get_one_record_each(office: Office, account: Account) -> None:
    writing = office.process()
    office.shop.answers = ["lost", "lost"]
    done = await asyncio.gather(
        writing.perform(account, MAKE, order(), "a"),
        office.process().perform(account, MAKE, order(), "b"),
        return_exceptions=True,
    )
    again = [await writing.perform(account, MAKE, order(), key) for key in "ab"]
    assert {one.record_id for one in again} == {"rec-1", "rec-2"}
    assert len(texts(office)) == 2, done


async def test_nobody_can_see_an_email(office: Office, account: Account) -> None:
    writing = office.process()
    office.shop.answers, office.shop.blind = ["lost"], True
    for _ in range(2):
        with pytest.raises(WriteOutcomeUnknown) as told:
            await writing.perform(account, MAKE, order(), "key")
        assert told.value.retry_after is None
        office.later(SETTLED)
    assert texts(office) == ["one"]


async def test_what_another_request_with_the_key_has_just_done_is_told(
    office: Office, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It isn't refused for what is wrong with doing it a second time."""
    first = await office.process().perform(account, MAKE, order(), "key")
    late = office.process()
    of_key, looks = Recording.of_key, iter([True])

    async def not_yet(self: Recording, *asked: str) -> StoredWrite | None:
        return None if next(looks, False) else await of_key(self, *asked)

    async def refuse(*_: object) -> PreparedWrite:
        raise Invalid.one("status", "WRONG_STATUS", "It is done already.")

    monkeypatch.setattr(Recording, "of_key", not_yet)
    monkeypatch.setattr(Making, "prepare", refuse)
    again = await late.perform(account, MAKE, order(), "key")
    assert again.is_replayed and again.record_id == first.record_id
    with pytest.raises(Invalid):
        await late.perform(account, MAKE, order(), "other key")


@pytest.mark.parametrize("answer", ["lost", "dropped"])
async def test_what_may_be_repeated_is(office: Office, account: Account, answer: str) -> None:
    office.shop.answers = [answer]
    done = await office.process().perform(account, "orders.set", order("new"), "key")
    assert done.found is not None and done.found.item == "new"


class Killed(BaseException):
    """The end of a process, whatever it was at."""


@pytest.mark.parametrize("refusal", ["refused", "unreached"])
@pytest.mark.parametrize("lands", [True, False])
async def test_the_refusal_of_a_repetition_says_nothing_of_the_attempt_before(
    office: Office, account: Account, refusal: str, lands: bool
) -> None:
    """That may still be on its way; only once it can't be, a refusal is what came of it."""
    office.shop.answers = ["dropped", refusal]
    with pytest.raises(WriteOutcomeUnknown) as told:
        await office.process().perform(account, "orders.set", order(), "key")
    assert await stored(office) == 1
    wait = told.value.retry_after
    assert wait is not None and wait >= SETTLED_AFTER.total_seconds()
    if lands:
        office.setting.text = "one"
    office.later(wait)
    office.shop.answers = [refusal]
    again = office.process().perform(account, "orders.set", order(), "key")
    if lands:
        assert (await again).found is not None
    else:
        with pytest.raises((DownstreamRefused, NotReached)):
            await again
        assert await stored(office) == 0


async def test_what_is_refused_since_it_was_done_is_told_to_be_done(
    office: Office, account: Account
) -> None:
    """As long as nobody can look it isn't even repeated; the target system takes no second one."""
    office.shop.answers = ["lost"] * 5
    office.setting.blind = 5
    with pytest.raises(WriteOutcomeUnknown):
        await office.process().perform(account, "orders.set", order(), "key")
    office.setting.text, office.setting.blind = "one", 1
    office.later(SETTLED)
    office.shop.answers = ["refused"]
    with pytest.raises(WriteOutcomeUnknown):
        await office.process().perform(account, "orders.set", order(), "key")
    done = await office.process().perform(account, "orders.set", order(), "key")
    assert done.found is not None and not done.is_replayed
    assert office.shop.answers == ["refused"]


async def test_a_process_that_died_leaves_nothing_undecided(
    office: Office, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before or after the effect: another process tells, and then the key can be used again."""
    for effect in (True, False):
        text = f"effect {effect}"

        def die(asked: str, effect: bool = effect) -> Record:
            if effect:
                office.shop.make(asked)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(office.shop, "call", die)
            with pytest.raises(Killed):
                await office.process().perform(account, MAKE, order(text), text)
        other = office.process()
        with pytest.raises(WriteInProgress):
            await other.perform(account, MAKE, order(text), text)
        assert await other.resume() == 0  # it may still be alive
        office.later(SETTLED)
        assert await other.resume() == 1
        done = await other.perform(account, MAKE, order(text), text)
        assert done.is_replayed is effect
        assert texts(office).count(text) == 1


async def test_what_is_held_up_does_not_leave_after_others_may_have_sent_it(
    office: Office, account: Account
) -> None:
    """It waits for something before it leaves, such as its turn among calls, for too long."""
    slow = asyncio.Event()
    office.shop.slow = slow
    asyncio.get_running_loop().call_later(1, slow.set)
    brief = WriteSettings(lease=timedelta(seconds=0.4))
    with pytest.raises(WriteOutcomeUnknown):
        await replace(office.process(), settings=brief).perform(account, MAKE, order(), "key")
    await slow.wait()
    office.later(SETTLED)
    await office.process().perform(account, MAKE, order(), "key")
    assert texts(office) == ["one"]


async def test_a_process_that_stood_still_sends_nothing_when_it_goes_on(
    office: Office, account: Account
) -> None:
    def later() -> datetime:
        now = office.clock()
        office.later(61)
        return now

    with pytest.raises(NotReached):
        await replace(office.process(), clock=later).perform(account, MAKE, order(), "key")
    assert texts(office) == [] and await stored(office) == 0
    await office.process().perform(account, MAKE, order(), "key")
    assert texts(office) == ["one"]


async def test_old_writes_are_forgotten(office: Office, account: Account) -> None:
    writing = office.process()
    await writing.perform(account, MAKE, order(), "key")
    office.later(24 * 3600 - 60)
    await writing.resume()
    assert await stored(office) == 1
    office.later(120)
    await writing.resume()
    assert await stored(office) == 0


async def test_nothing_of_a_write_is_stored_in_the_clear(office: Office, account: Account) -> None:
    office.shop.answers = ["ok", "dropped"]
    writing = office.process()
    await writing.perform(account, MAKE, order("a secret"), "a key")
    with pytest.raises(WriteOutcomeUnknown):
        await writing.perform(account, MAKE, order("another secret"), "another key")
    async with office.work.reading() as tx:
        rows = (await tx.connection.execute(select(table_of(WriteRow)))).all()
    assert len(rows) == 2
    for row in rows:
        assert "secret" not in str(row) and "a key" not in str(row)


async def test_writes_about_one_record_take_turns(office: Office, account: Account) -> None:
    """Each process waits until the other's write has ended, and checks anew before its own."""
    office.shop.slow = asyncio.Event()
    about = replace(order(), record_id="rec-9")
    first = asyncio.create_task(office.process().perform(account, MAKE, about, None))
    await office.shop.called.wait()
    with pytest.raises(WriteInProgress):
        await office.process().perform(account, "orders.set", about, None)
    assert office.shop.checked == 1 + len(WriteSettings().turns) + 1
    elsewhere = replace(order(), record_id="rec-8")
    await office.process().perform(account, "orders.set", elsewhere, None)
    office.shop.slow.set()
    await first
    await office.process().perform(account, "orders.set", about, None)


async def test_the_turn_of_a_lost_write_runs_out(office: Office, account: Account) -> None:
    """What may still be on its way is waited for, and nothing is blocked for ever."""
    about = replace(order(), record_id="rec-9")
    office.shop.answers = ["dropped"]
    with pytest.raises(WriteOutcomeUnknown):
        await office.process().perform(account, MAKE, about, "key")
    with pytest.raises(WriteInProgress):
        await office.process().perform(account, MAKE, replace(order("two"), record_id="rec-9"), "b")
    office.later(SETTLED)
    await office.process().perform(account, MAKE, replace(order("two"), record_id="rec-9"), "b")
    assert texts(office) == ["two"]


async def test_a_refused_write_ends_its_turn(office: Office, account: Account) -> None:
    about = replace(order(), record_id="rec-9")
    office.shop.answers = ["refused"]
    with pytest.raises(DownstreamRefused):
        await office.process().perform(account, MAKE, about, None)
    await office.process().perform(account, MAKE, about, None)
    assert texts(office) == ["one"]


@pytest.mark.parametrize("name", [MAKE, "orders.keyed"])
async def test_what_nobody_could_look_for_is_not_taken_for_undone(
    office: Office, account: Account, name: str
) -> None:
    """It was done and its answer lost; then nothing can be reached, neither to look nor to send."""
    writing = office.process()
    office.shop.answers = ["last"]
    for _ in range(3):
        with pytest.raises(WriteOutcomeUnknown):
            await writing.perform(account, name, order(), "key")
        office.later(SETTLED)
        await writing.resume()
    assert await stored(office) == 1
    office.shop.away = False
    done = await writing.perform(account, name, order(), "key")
    assert (done.record_id, texts(office)) == ("rec-1", ["one"])
