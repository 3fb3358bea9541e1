"""A call names only fields that reach the log, and an event that can be searched for."""

import ast
from dataclasses import replace

import msgspec
import pytest

from connector.app.access_log import Request
from storage.log import WRITTEN, Fields
from tests.architecture.log_calls import LogCall, log_calls, sources

CALLS = [call for name, text in sources() for call in log_calls(name, text)]


def test_every_call_writes_a_literal_event_and_declared_fields() -> None:
    assert [call for call in CALLS if call.faults] == []
    assert len(CALLS) > 50


def test_every_declared_field_is_written_by_somebody() -> None:
    named = {field for call in CALLS for field in call.fields}
    assert set(Fields.__annotations__) - named - set(msgspec.structs.asdict(A_REQUEST)) == set()


def test_the_access_log_writes_declared_fields_only() -> None:
    assert set(msgspec.structs.asdict(A_REQUEST)) - WRITTEN == set()


def test_only_the_log_itself_knows_structlog() -> None:
    """Another logger would take any field, and lose it."""
    knowing = {
        name
        for name, text in sources()
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("structlog"))
        or (isinstance(node, ast.Import) and any(one.name == "structlog" for one in node.names))
    }
    assert knowing == {"connector/app/logs.py", "storage/log.py"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('logger.info("link.lost", password=1)', "password is not declared"),
        ('logger.info(f"link.{how}")', "its event is no literal"),
        ("logger.info(NEWS[how])", "its event is no literal"),
        ('logger.info("%s.lost", how)', "its event is no literal"),
        ('logger.info("Link lost")', "Link lost is not part.what_happened"),
        ('logger.info("link.lost", **fields)', "it passes ** along"),
        ('logger.exception("link.lost")', "exception is not a level of the log"),
    ],
)
def test_what_a_call_may_not_do_is_found(line: str, fault: str) -> None:
    (call,) = log_calls("a.py", f'NEWS: dict[str, str] = {{"a": "a.b", "c": how}}\n{line}')
    assert call.faults == (fault,)


def test_an_event_may_come_out_of_a_table_of_literals() -> None:
    text = 'NEWS: dict[str, str] = {"a": "link.lost", "b": "link.found"}\nlogger.info(NEWS[how])'
    (call,) = log_calls("a.py", text)
    assert replace(call, where="") == LogCall("", ("link.lost", "link.found"), frozenset(), ())


A_REQUEST = Request("req_1", "192.0.2.1", "GET", "/accounts", 200, 1.0, "2026-11-29T09:00:00Z")
