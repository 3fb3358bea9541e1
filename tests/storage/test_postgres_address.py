"""PostgreSQL's URLs are taken as libpq writes them, or refused by a sentence."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from connector.app.opening import open_database
from connector.app.settings import DatabaseGroup, Settings, SettingsInvalid
from storage.engine import Database, StorageSettings
from storage.postgres import connecting, read_address

SECRET = "canary-of-the-database"


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgres://u:p@db/name", "postgresql://u:p@db/name"),
        ("postgresql+asyncpg://u:p@db:5433/name", "postgresql://u:p@db:5433/name"),
        ("postgresql://db/n?sslmode=require", "postgresql://db/n?sslmode=require"),
        ("postgresql://db/n?ssl=require", "postgresql://db/n?sslmode=require"),
        ("postgresql://u:p@a:1,b:2/n?target_session_attrs=read-write",) * 2,
        ("postgresql://db/n?application_name=qonto&connect_timeout=3",
         "postgresql://db/n?application_name=qonto"),
        ("postgresql://db/n?fallback_application_name=x", "postgresql://db/n?application_name=x"),
        ("postgresql://db/n?channel_binding=prefer&gssencmode=disable", "postgresql://db/n"),
        ("postgresql:///n?host=/run/postgresql", "postgresql:///n?host=%2Frun%2Fpostgresql"),
        ("postgresql://u:p%40ss@db/n", "postgresql://u:p%40ss@db/n"),
    ],
)  # fmt: skip
def test_what_libpq_writes_is_read(url: str, dsn: str) -> None:
    assert read_address(url).dsn == dsn


def test_the_url_says_how_long_connecting_may_take() -> None:
    def seconds(query: str) -> float:
        address = read_address(f"postgresql://db/n{query}")
        return connecting(address, seconds=10, statement=30, pooled=False)["timeout"]

    assert seconds("") == seconds("?connect_timeout=0") == 10
    assert seconds("?connect_timeout=3") == 3


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sslmode=on", "sslmode can be allow, disable, prefer"),
        ("channel_binding=require", "channel_binding can be disable, prefer here"),
        ("sslrootcert=/nowhere/root.crt", "sslrootcert names a file that isn't there"),
        ("sslrootcert=system", "sslrootcert names a file that isn't there"),
        ("connect_timeout=soon", "connect_timeout is a whole number"),
        ("target_session_attrs=writer", "target_session_attrs can be any"),
        ("keepalives_idle=5", "'keepalives_idle' is no parameter"),
        ("pgbouncer=true", "'pgbouncer' is no parameter"),
        ("sslmode", "this is no URL"),
    ],
)
def test_what_cant_be_done_is_named_with_the_setting(query: str, words: str) -> None:
    settings = Settings(
        database=DatabaseGroup(url=SecretStr(f"postgresql://u:{SECRET}@db/n?{query}"))
    )
    with pytest.raises(SettingsInvalid) as caught:
        open_database(settings)
    assert caught.value.message.startswith("CONNECTOR_DATABASE__URL: ")
    assert words in caught.value.message
    assert SECRET not in caught.value.message


@pytest.mark.parametrize("url", ["postgresql://u:p@[db/n", f"postgresql://u:{SECRET}@db:port/n"])
def test_a_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="CONNECTOR_DATABASE__URL") as caught:
        open_database(Settings(database=DatabaseGroup(url=SecretStr(url))))
    assert SECRET not in caught.value.message


async def test_a_database_is_used_by_such_a_url(
    postgres_server: str, postgres_template: str, tmp_path: Path
) -> None:
    from tests.support import databases

    url = await databases.new_postgres(postgres_server, postgres_template)
    asked = "&sslmode=prefer&application_name=qonto-test&connect_timeout=20"
    asked += "&options=-c%20search_path%3Dpublic&target_session_attrs=read-write"
    database = Database(StorageSettings(url=url + asked))
    try:
        for opened in (database.reading(), database.hot_reading()):
            async with opened as connection:
                name = await connection.execute(text("SHOW application_name"))
                assert name.scalar_one() == "qonto-test"
    finally:
        await database.close()
        await databases.drop_postgres(postgres_server, url)
