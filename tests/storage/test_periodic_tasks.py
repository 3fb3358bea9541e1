"""Periodic tasks are one process's at a time; the database's clock is everybody's; commits wake
others."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from connector.app.periodic_tasks import PeriodicTask, PeriodicTasks
from storage.database_clock import DatabaseClock
from storage.listen import listen
from storage.notify import CHANNEL, notify
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.webhooks.backlog import queue
from tests.webhooks.relay import START, Clock, Relay, until

pytestmark = pytest.mark.both_databases

on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def test_a_periodic_task_is_taken_by_one_until_its_time_is_up(work: UnitOfWork) -> None:
    async def take(owner: str, at: int) -> bool:
        async with work.writing() as tx:
            now = START + timedelta(seconds=at)
            until = now + timedelta(seconds=10)
            return await tx.periodic_tasks.take("settle", owner, now=now, until=until)

    taken = await asyncio.gather(*(take(f"p{n}", 0) for n in range(8)))
    assert sum(taken) == 1
    assert not await take("late", 9)
    assert await take("heir", 10)
    async with work.writing() as tx:
        assert not await tx.periodic_tasks.keep("settle", "p0", until=START)
        assert await tx.periodic_tasks.keep("settle", "heir", until=START + timedelta(seconds=12))
    assert not await take("late", 11)
    assert await take("late", 12)


async def test_processes_share_a_periodic_task_out_and_one_that_died_over_it_is_replaced(
    work: UnitOfWork,
) -> None:
    clock = Clock()
    runs: list[str] = []
    stuck = asyncio.Event()

    def process(name: str, *, dies: bool = False) -> tuple[PeriodicTasks, PeriodicTask]:
        async def run() -> None:
            runs.append(name)
            if dies:
                await stuck.wait()

        task = PeriodicTask("settle", 100, run)
        return PeriodicTasks(work, clock, [task]), task

    first, second = process("first"), process("second")
    assert await first[0].turn(first[1])
    assert not await second[0].turn(second[1])
    clock.advance(seconds=96)
    assert await second[0].turn(second[1])
    clock.advance(seconds=96)
    dying, task = process("dying", dies=True)
    under_way = asyncio.create_task(dying.turn(task))
    await until(lambda: runs[-1] == "dying")
    clock.advance(seconds=59)
    assert not await first[0].turn(first[1])
    clock.advance(seconds=2)
    assert await first[0].turn(first[1]), "it has been silent for its lease"
    assert runs == ["first", "second", "dying", "first"]
    stuck.set()
    await under_way


async def test_a_periodic_task_that_fails_comes_round_again_and_a_stopped_one_at_once(
    work: UnitOfWork,
) -> None:
    clock = Clock()
    begun = asyncio.Event()

    async def fail() -> None:
        raise RuntimeError("broken")

    async def hang() -> None:
        begun.set()
        await asyncio.sleep(60)

    failing, hanging = PeriodicTask("failing", 100, fail), PeriodicTask("hanging", 100, hang)
    periodic_tasks = PeriodicTasks(work, clock, [failing, hanging])
    assert await periodic_tasks.turn(failing)
    assert not await periodic_tasks.turn(failing)
    clock.advance(seconds=100)
    assert await periodic_tasks.turn(failing)
    task = asyncio.create_task(periodic_tasks.turn(hanging))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with work.writing() as tx:
        assert await tx.periodic_tasks.take("hanging", "heir", now=clock(), until=clock())


async def test_the_clock_of_the_database_counts_where_there_is_one(work: UnitOfWork) -> None:
    ticks = [100.0]
    clock = DatabaseClock(work.database, lambda: START, count=lambda: ticks[0])
    assert clock() == START
    await clock.read()
    if work.database.is_sqlite:
        assert clock() == START
        return
    read = clock()
    assert abs(read - datetime.now(UTC)) < timedelta(seconds=5), "whatever this process believes"
    ticks[0] += 7.5
    assert clock() - read == timedelta(seconds=7.5)


@on_postgres
async def test_a_commit_wakes_other_processes_once_and_a_rollback_nobody(
    work: UnitOfWork, ring: KeyRing
) -> None:
    heard: list[int] = []
    listening = asyncio.create_task(listen(work.database, CHANNEL, lambda: heard.append(1)))
    await until(lambda: heard)
    heard.clear()
    relay = Relay(work, ring)
    subscription = await relay.subscription(await relay.account())
    await queue(relay, subscription, ["a", "b", "c"])
    await until(lambda: heard)
    with contextlib.suppress(RuntimeError):
        async with work.writing() as tx:
            await notify(tx.connection)
            raise RuntimeError("rolled back")
    await queue(relay, subscription, ["d"], due_in=60)
    await queue(relay, subscription, ["e"], status="HELD")
    await asyncio.sleep(0.05)
    assert len(heard) == 1
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@on_postgres
async def test_a_lost_connection_is_made_anew(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.listen.AGAIN_AFTER", 0.05)
    heard: list[int] = []
    listening = asyncio.create_task(listen(work.database, CHANNEL, lambda: heard.append(1)))
    await until(lambda: len(heard) == 1)
    async with work.writing() as tx:
        await tx.connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await until(lambda: len(heard) == 2)
    async with work.writing() as tx:
        await notify(tx.connection)
    await until(lambda: len(heard) == 3)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
