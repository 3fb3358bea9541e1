"""Makes, issues and fetches invoices, telling each step."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from pydantic import BaseModel

from connector.api.parsing import parse_exact
from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of
from connector.app.actions.records import show_record
from connector.app.container import Container
from connector.app.terminal import err, fail, out, run
from connector.downloads import Download
from connector.errors import DocumentNotReady
from connector.faces.rest.file_names import plain_name
from connector.ports import WriteRequest
from connector.resources.invoices import INVOICES
from connector.writing.requests.invoice import InvoiceRequest
from connector.writing.requests.issue import IssueRequest
from storage.errors import Invalid
from storage.repositories.accounts import Account

M = TypeVar("M", bound=BaseModel)

_PATIENCE = 120.0
"""Seconds that a command waits for a file."""


@asynccontextmanager
async def _opened(account_id: str) -> AsyncGenerator[tuple[Container, Account]]:
    async with assembled() as container:
        try:
            yield container, await account_of(container, account_id)
        except Invalid as error:
            for one in error.fields:
                err.print(f"{one.field}: {one.message} {one.hint or ''}".rstrip(), highlight=False)
            raise


def _read(model: type[M], file: Path) -> M:
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    return parse_exact(model, raw)[0]


def create(
    account_id: str,
    file: Path,
    key: str | None,
    confirm: Sequence[str],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make a draft, or check it, and print it."""

    async def make() -> dict[str, Any]:
        async with _opened(account_id) as (container, account):
            body = _read(InvoiceRequest, file)
            asked = WriteRequest(body, confirmed=frozenset(confirm))
            if dry_run:
                checked = await container.writing.check(account, "invoices.create", asked)
                return _plain(checked.expected)
            done = await container.writing.perform(account, "invoices.create", asked, key)
            assert done.found is not None
            return _shown(done.found.item)

    show_record(run(make()), as_json)


def issue(
    account_id: str,
    file: Path,
    key: str | None,
    confirm: Sequence[str],
    target: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Issue an invoice, wait for its file, and print what came of it."""

    async def make() -> dict[str, Any]:
        async with _opened(account_id) as (container, account):
            body, rules = _read(IssueRequest, file), frozenset(confirm)
            if dry_run:
                return _plain(await container.issuing.check(account, body, rules))
            err.print("checking, and issuing ...", highlight=False)
            report = await container.issuing.issue(account, body, rules, key)
            told: dict[str, Any] = {"taskId": report.id, **(report.state.result or {})}
            err.print(f"invoice {told.get('invoiceNumber')} is issued", highlight=False)
            if target is not None:
                name = await _save(container, account, told["invoiceId"], target)
                told["file"] = str(name)
            return told

    show_record(run(make()), as_json)


def act(
    account_id: str,
    invoice: str,
    action: str,
    key: str | None,
    confirm: Sequence[str],
    as_json: bool,
) -> None:
    """Do one thing to an invoice, and print it as it is then."""

    async def do() -> dict[str, Any]:
        async with _opened(account_id) as (container, account):
            asked = WriteRequest(record_id=invoice, confirmed=frozenset(confirm))
            done = await container.writing.perform(account, f"invoices.{action}", asked, key)
            assert done.found is not None
            return _shown(done.found.item)

    show_record(run(do()), as_json)


def show(account_id: str, invoice: str, as_json: bool) -> None:
    """Print an invoice."""

    async def look() -> dict[str, Any]:
        async with _opened(account_id) as (container, account):
            found = await container.reading.get(account, INVOICES.chosen, invoice)
            return _shown(found.item)

    show_record(run(look()), as_json)


def pdf(account_id: str, invoice: str, target: Path) -> None:
    """Write the file of an invoice, and print its name."""

    async def fetch() -> Path:
        async with _opened(account_id) as (container, account):
            return await _save(container, account, invoice, target)

    out.print(str(run(fetch())), highlight=False, soft_wrap=True)


async def _save(container: Container, account: Account, invoice: str, target: Path) -> Path:
    """Write the file beside its final name first, so that no half of it is ever taken for it."""
    files = container.registry.get(account.target).files
    if files is None:
        fail(f"{account.target} has no files")
    opened = None
    async with asyncio.timeout(_PATIENCE):
        while opened is None:
            try:
                opened = await files.open_document(account.id, "INVOICE", invoice)
            except DocumentNotReady as error:
                if error.retry_after is None:
                    raise
                err.print("the file is being made ...", highlight=False)
                await asyncio.sleep(error.retry_after)
    try:
        name = await asyncio.to_thread(_name_in, target, opened)
        part = name.with_name(f"{name.name}.part")
        with part.open("wb") as into:
            async for chunk in opened.chunks():
                into.write(chunk)
        part.replace(name)
    finally:
        await opened.close()
    return name


def _name_in(target: Path, opened: Download) -> Path:
    """Return the file to write: the one that is named, or one in the folder that is."""
    is_folder = target.is_dir()
    return target / plain_name(opened.file_name, opened.id) if is_folder else target


def _shown(item: Any) -> dict[str, Any]:
    return _plain(msgspec.to_builtins(item, builtin_types=(Decimal,)))


def _plain(value: Any) -> Any:
    """Write amounts as texts, digit for digit: JSON as it's printed has floats only."""
    match value:
        case Decimal():
            return str(value)
        case Mapping():
            return {name: _plain(one) for name, one in cast(Mapping[str, Any], value).items()}
        case list() | tuple():
            return [_plain(one) for one in cast(Sequence[Any], value)]
        case _:
            return value
