"""PostgreSQL's connections can die without a word: a standby took over, a firewall forgot them."""

import asyncio

import pytest
from sqlalchemy import text

from storage.engine import Database, StorageSettings
from storage.errors import StorageUnavailable
from tests.support.door import door

pytestmark = pytest.mark.both_databases

on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def ask(database: Database) -> None:
    async with database.reading() as connection:
        await connection.execute(text("select 1"))


@on_postgres
async def test_idle_connections_that_died_are_replaced_unnoticed(database_url: str) -> None:
    async with door(database_url) as (entrance, url):
        database = Database(StorageSettings(url=url, statement_seconds=0.5, trust_seconds=0))
        await asyncio.gather(*(ask(database) for _ in range(3)))
        entrance.strand()
        for _ in range(4):
            await ask(database)
        await database.close()


@on_postgres
async def test_a_statement_without_an_answer_ends_and_the_next_one_works(database_url: str) -> None:
    async with door(database_url) as (entrance, url):
        database = Database(StorageSettings(url=url, statement_seconds=0.5, trust_seconds=0))

        async def interrupted() -> None:
            async with database.writing() as connection:
                await connection.execute(text("select 1"))
                entrance.strand()
                await connection.execute(text("select 1"))

        with pytest.raises(StorageUnavailable):
            await interrupted()
        await ask(database)
        await database.close()


@on_postgres
async def test_what_may_take_long_is_not_cut_off(database_url: str) -> None:
    hasty = Database(StorageSettings(url=database_url, statement_seconds=0.2))
    with pytest.raises(StorageUnavailable):
        async with hasty.writing() as connection:
            await connection.execute(text("select pg_sleep(1)"))
    patient = hasty.for_revisions()
    async with patient.writing() as connection:
        await connection.execute(text("select pg_sleep(1)"))
    await patient.close()
    await hasty.close()
