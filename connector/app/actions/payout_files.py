"""Checks and runs payout files from the command line, and shows how far payouts are."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connector.api.spooling import plain_name
from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of
from connector.app.container import Container
from connector.app.terminal import fail, out, print_rows, run
from connector.faces.rest.payout_answers import payout_line_of, payout_of
from connector.payouts.files import read_file
from connector.payouts.iban import read_iban
from connector.payouts.orders import LARGEST_FILE, CheckedFile, FileProblems
from connector.payouts.payouts import PayoutConfirmation, PayoutDraft
from connector.payouts.standing import IN_WORK, PayoutReport
from storage.errors import FieldError, Invalid, NotFound
from storage.repositories.accounts import Account
from storage.repositories.payouts import StoredPayout

_SHOWN = 20
"""Lines that were not paid and are shown, payouts that are listed."""

OPERATOR = "operator"
"""Who asks, where it's not a key of a vendor's."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """A file, and how it is to be run."""

    file: Path
    account: str
    mode: str
    total: str | None
    count: int | None
    confirm: str
    debit_iban: str | None
    key: str


def check(file: Path, confirm: str, debit_iban: str | None, as_json: bool) -> None:
    """Print what a file comes to, or everything that is wrong with it and exit with code 1."""
    try:
        _, checked = _read(file, confirm, debit_iban)
    except Invalid as error:
        _print_wrong(error, as_json)
        sys.exit(1)
    if as_json:
        said = {
            "count": len(checked.orders),
            "total": f"{checked.total:f}",
            "fileKind": checked.kind,
            "warnings": checked.warnings,
        }
        print(json.dumps(said))
        return
    for warning in checked.warnings:
        out.print(warning, soft_wrap=True)
    out.print(f"{checked.kind}: {len(checked.orders)} payments, {checked.total:f} EUR in all.")


def _read(file: Path, confirm: str, debit_iban: str | None) -> tuple[bytes, CheckedFile]:
    with file.open("rb") as opened:
        content = opened.read(LARGEST_FILE + 1)
    confirmed = frozenset(one.strip() for one in confirm.split(",") if one.strip())
    today = datetime.now(UTC).date()
    payer = _payer(debit_iban)
    return content, read_file(content, today=today, confirmed=confirmed, debit_iban=payer)


def _payer(debit_iban: str | None) -> str | None:
    if debit_iban is None:
        return None
    problems = FileProblems()
    iban = read_iban(debit_iban, "--debit-iban", problems)
    problems.check()
    return iban


def _print_wrong(error: Invalid, as_json: bool) -> None:
    if as_json:
        wrong = [_wrong(one) for one in error.fields]
        print(json.dumps({"message": error.message, "problems": wrong}))
        return
    for one in error.fields:
        hint = f" {one.hint}" if one.hint else ""
        out.print(f"{one.field}: {one.code}: {one.message}{hint}", soft_wrap=True)
    out.print(error.message, soft_wrap=True)


def _wrong(one: FieldError) -> dict[str, str | None]:
    return {"place": one.field, "code": one.code, "message": one.message, "remedy": one.hint}


def run_file(options: FileOptions, as_json: bool) -> None:
    """Run a file and print what came of it; exit code 1 unless all of its lines are well."""
    try:
        report = run(_run(options, quiet=as_json))
    except Invalid as error:
        _print_wrong(error, as_json)
        sys.exit(1)
    except KeyboardInterrupt:
        out.print("Stopped. Run it again to go on.")
        sys.exit(130)
    _print_report(report, as_json)
    if report.payout.status != "DONE":
        sys.exit(1)


async def _run(options: FileOptions, *, quiet: bool) -> PayoutReport:
    content, checked = _read(options.file, options.confirm, options.debit_iban)
    digest = sha256(content).hexdigest()
    async with assembled() as container:
        account = await account_of(container, options.account)
        draft = PayoutDraft(
            checked,
            digest,
            plain_name(options.file.name),
            _payer(options.debit_iban),
            frozenset(one.strip() for one in options.confirm.split(",") if one.strip()),
            OPERATOR,
        )
        report = await container.payouts.draft(account, draft, f"file:{digest}:{options.key}")
        payouts, payout_id = container.payouts, report.payout.id
        if report.payout.status == "DRAFT":
            said = await asyncio.to_thread(_confirmation, options, report.payout, quiet=quiet)
            report = await payouts.confirm(account, payout_id, said)
        elif report.payout.status != "DONE":
            report = await payouts.start(account, payout_id)
        following = asyncio.create_task(
            _follow(container, account, payout_id, report.payout.line_count, quiet=quiet)
        )
        try:
            await asyncio.shield(following)
        except asyncio.CancelledError:
            await payouts.stop(account, payout_id)
            await following  # what is under way is noted, so that the next run need not look for it
            raise
        return await payouts.get(account, payout_id)


def _confirmation(options: FileOptions, payout: StoredPayout, *, quiet: bool) -> PayoutConfirmation:
    """Return what the person says that the file comes to: by options, or when asked."""
    total, count = options.total, options.count
    if total is None or count is None:
        if quiet or not sys.stdin.isatty():
            fail("confirm the file with --total and --count; `payouts check` tells them")
        euros = Decimal(payout.total_cents).scaleb(-2)
        out.print(f"{payout.line_count} payments, {euros:f} EUR in all.")
        total = input("Type the total to confirm: ").strip()
        count = payout.line_count
    try:
        said = Decimal(total.replace(",", "."))
    except InvalidOperation:
        raise Invalid.one("total", "NOT_A_NUMBER", "The total is a number of euros.") from None
    return PayoutConfirmation(said, count, payout.digest, options.mode, by=OPERATOR)


async def _follow(
    container: Container, account: Account, payout_id: str, total: int, *, quiet: bool
) -> None:
    async with _counting(total, quiet=quiet) as told:

        async def tell() -> None:
            report = await container.payouts.get(account, payout_id)
            left = sum(count for state, count in report.counts.items() if state in IN_WORK)
            told(total - left)

        await container.payout_runs.run(account, payout_id, tell)


def _ignore(done: int) -> None:
    del done


@asynccontextmanager
async def _counting(total: int, *, quiet: bool) -> AsyncGenerator[Callable[[int], None]]:
    """Show how far it is: as a bar on a terminal, else as a line whenever it got further."""
    if quiet:
        yield _ignore
        return
    if not out.is_terminal:
        last = -1

        def count(done: int) -> None:
            nonlocal last
            if done != last:
                out.print(f"{done} of {total} lines done")
            last = done

        yield count
        return
    columns = (TextColumn("Running"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.update(task, completed=done)


def _said(report: PayoutReport) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(payout_of(report))
    return said


def _print_report(report: PayoutReport, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_said(report)))
        return
    states = ", ".join(f"{count} {state.lower()}" for state, count in report.counts.items())
    payout = report.payout
    out.print(f"{payout.id}: {payout.status}: {states}.", soft_wrap=True)
    if report.content.trouble is not None:
        trouble = report.content.trouble
        out.print(f"{trouble.code}: {trouble.message}", soft_wrap=True)
    if payout.status == "STOPPED":
        out.print("Run it again to go on.")


def status(payout_id: str | None, account_id: str | None, as_json: bool) -> None:
    """Print one payout with the lines that weren't paid, or the newest of an account."""
    if payout_id is None and account_id is None:
        fail("name a payout, or an account with --account")
    run(_status(payout_id, account_id, as_json))


async def _status(payout_id: str | None, account_id: str | None, as_json: bool) -> None:
    async with assembled() as container:
        if payout_id is None:
            account = await account_of(container, account_id or "")
            reports, _ = await container.payouts.page(account, status=None, page=1, limit=_SHOWN)
            print_rows([_row(one) for one in reports], as_json)
            return
        async with container.storage.work.reading() as tx:
            stored = await tx.payouts.get(payout_id)
        if stored is None:
            raise NotFound("there is no such payout")
        account = await account_of(container, stored.account_id)
        report = await container.payouts.get(account, payout_id)
        _print_report(report, as_json)
        if not as_json:
            await _print_unpaid(container, account, payout_id, ("REFUSED", "UNDECIDED"))


async def _print_unpaid(
    container: Container, account: Account, payout_id: str, states: Sequence[str]
) -> None:
    for state in states:
        found, total = await container.payouts.lines(
            account, payout_id, state=state, page=1, limit=_SHOWN
        )
        for one in found:
            line = payout_line_of(one)
            why = f": {line.problem.code}: {line.problem.message}" if line.problem else ""
            out.print(f"{line.place}: {state}{why}", soft_wrap=True)
        if total > len(found):
            out.print(f"... and {total - len(found)} more")


def _row(report: PayoutReport) -> dict[str, str]:
    payout = report.payout
    return {
        "id": payout.id,
        "status": payout.status,
        "file": report.content.file_name,
        "count": str(payout.line_count),
        "total": f"{Decimal(payout.total_cents).scaleb(-2):f}",
    }
