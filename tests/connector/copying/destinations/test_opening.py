"""A destination is chosen by its URL, in words that show none of its secrets."""

import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.opening import open_destination
from connector.copying.destinations.place import DatabasePlace, FilePlace, place_of
from connector.copying.destinations.postgres import PostgresDestination
from storage.errors import Invalid
from tests.connector.copying.destinations.kept import Tables
from tests.connector.copying.destinations.samples import ACCOUNT, copied
from tests.support import databases

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("to", "kind", "path"),
    [
        ("jsonl:/srv/copy", "jsonl", "/srv/copy"),
        ("jsonl:copy", "jsonl", "copy"),
        ("JSONL:copy", "jsonl", "copy"),
        ("parquet:///srv/copy", "parquet", "/srv/copy"),
        ("sqlite:///copy.db", "sqlite", "copy.db"),
        ("sqlite:////srv/copy.db", "sqlite", "/srv/copy.db"),
        ("duckdb:////srv/copy.duckdb", "duckdb", "/srv/copy.duckdb"),
    ],
)
def test_files_and_folders_are_named_by_their_path(to: str, kind: str, path: str) -> None:
    assert place_of(to) == FilePlace(kind, Path(path))


def test_a_schema_is_taken_out_of_the_url_and_the_rest_stays() -> None:
    url = f"postgres://copier:{SECRET}@db.example:5433/books?schema=copies&sslmode=verify-full"
    place = place_of(url)
    assert isinstance(place, DatabasePlace)
    assert place.url == f"postgresql://copier:{SECRET}@db.example:5433/books?sslmode=verify-full"
    assert place.schema == "copies"
    assert SECRET not in f"{place} {place!r}"
    plain = place_of("postgresql:///books?host=/run/postgresql")
    assert isinstance(plain, DatabasePlace)
    assert (plain.url, plain.schema) == (
        "postgresql:///books?host=%2Frun%2Fpostgresql",
        "qonto",
    )


@pytest.mark.parametrize(
    "to",
    [
        "",
        "copy.db",
        "jsonl",
        "jsonl:",
        "jsonl:a\0b",
        "sqlite:copy.db",
        "sqlite://copy.db",
        "duckdb:///",
        "duckdb:///copy?history=perhaps",
        f"sqlite:///copy?password={SECRET}",
        f"postgresql://copier:{SECRET}@db.example/books?history=1",
        f"postgresql://copier:{SECRET}@db.example/books?schema=a&schema=b",
        f"mysql://copier:{SECRET}@db.example/books",
        f"postgresql:copier:{SECRET}@db.example/books",
        f"postgresql://copier:{SECRET}/x@db.example/books",
        f"postgresql://copier:{SECRET}#@db.example/books",
        f"postgresql://copier:{SECRET}@db.example:none/books",
        f"postgresql://copier:{SECRET}@[db.example/books",
        f"postgresql://copier:{SECRET}@db.example/books?schema=a.b",
        f"postgresql://copier:{SECRET}@db.example/books?schema=",
    ],
)
def test_what_names_no_destination_is_refused_without_being_shown(to: str) -> None:
    with pytest.raises(Invalid) as refused:
        place_of(to)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.fields[0].code == "DESTINATION_UNKNOWN"


@pytest.mark.parametrize("kind", ["jsonl:", "parquet:", "sqlite:///", "duckdb:///"])
async def test_each_kind_is_opened_by_its_url(kind: str, tmp_path: Path) -> None:
    opened = open_destination(f"{kind}{tmp_path}/copy")
    await opened.write(ACCOUNT, [copied()])
    await opened.close()
    assert (tmp_path / "copy").exists()
    with pytest.raises(Invalid, match="There is no folder"):
        open_destination(f"{kind}{tmp_path}/not/there")


@pytest.mark.parametrize(("kind", "options"), [("sqlite", "?history=yes"), ("duckdb", "")])
async def test_history_is_kept_where_the_url_asks_for_it(
    kind: str, options: str, tmp_path: Path
) -> None:
    tables = Tables(kind, f"{tmp_path}/copy")
    opened = open_destination(f"{kind}:///{tmp_path}/copy{options}")
    await opened.write(ACCOUNT, [copied(version="v1")])
    await opened.write(ACCOUNT, [copied(version="v2")])
    await opened.close()
    if options:
        assert [row["_version"] for row in await tables.rows("invoices_history")] == ["v1", "v2"]
    else:
        with pytest.raises(Exception, match="invoices_history"):
            await tables.rows("invoices_history")


async def test_postgres_is_opened_by_its_url_into_a_schema_of_its_own(
    postgres_server: str,
) -> None:
    url = await databases.new_postgres(postgres_server, template=None)
    joined = "&" if "?" in url else "?"
    opened = open_destination(f"{url}{joined}schema=copies&history=yes")
    await opened.write(ACCOUNT, [copied()])
    await opened.close()
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'copies'"
        )
    finally:
        await connection.close()
    assert {row["table_name"] for row in found} == {"invoices", "invoices_history"}
    await databases.drop_postgres(postgres_server, url)


async def test_a_database_that_is_not_there_is_told_without_its_url(postgres_server: str) -> None:
    gone = databases.with_database(postgres_server, "not_there")
    for url, said in (
        (gone, "no database of the name"),
        (f"postgresql://copier:{SECRET}@/x?host=%2Fnot%2Fthere", "can't be reached"),
    ):
        opened = PostgresDestination(url, schema="qonto")
        with pytest.raises(DestinationFailed, match=said) as failed:
            await opened.write(ACCOUNT, [copied()])
        assert SECRET not in str(failed.value)
        assert failed.value.__cause__ is None
        await opened.close()


async def test_what_a_user_may_not_do_is_told(postgres_server: str) -> None:
    url = await databases.new_postgres(postgres_server, template=None)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP ROLE IF EXISTS reader")
        await connection.execute("CREATE ROLE reader LOGIN")
    finally:
        await connection.close()
    opened = PostgresDestination(url.replace("postgres:@", "reader:@", 1), schema="qonto")
    with pytest.raises(DestinationFailed, match="doesn't let the user"):
        await opened.write(ACCOUNT, [copied()])
    await opened.close()
    await databases.drop_postgres(postgres_server, url)


@pytest.mark.parametrize(
    ("library", "to", "extra"),
    [("duckdb", "duckdb:///copy.db", "duckdb"), ("pyarrow", "parquet:copy", "parquet")],
)
def test_what_has_to_be_installed_is_named(
    library: str, to: str, extra: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    module = f"connector.copying.destinations.{extra}"
    monkeypatch.delitem(sys.modules, module, raising=False)
    import connector.copying.destinations as package

    monkeypatch.delattr(package, extra, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(Invalid, match=rf"pip install 'qonto-connector\[{extra}\]'"):
        open_destination(to)


def test_a_destination_is_imported_when_it_is_used() -> None:
    probe = """
import sys
from connector.copying.destinations.opening import open_destination
from connector.copying.documents.opening import open_documents
light = set(sys.modules)
open_destination("sqlite:///copy.db")
print(*light & {"duckdb", "pyarrow", "asyncpg", "obstore", "pydantic", "sqlalchemy", "msgspec"})
print(*set(sys.modules) & {"duckdb", "pyarrow", "obstore"})
"""
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "\n\n"
