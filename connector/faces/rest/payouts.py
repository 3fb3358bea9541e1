"""/accounting/payouts: files of many payments, checked, confirmed, run, stopped and looked at."""

import asyncio
import hashlib
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, Pagination, answer
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_exact_body, unused_in
from connector.api.spooling import UploadedFile
from connector.api.uploads import FileTooLarge, UploadRule
from connector.faces.rest.parameters import LIMIT, PAGE, filter_parameter, read_bare, read_list
from connector.faces.rest.payout_answers import payout_line_of, payout_of
from connector.faces.rest.writing import (
    REPLAYED_HEADER,
    WRITE_PARAMETERS,
    DryRun,
    WriteOptions,
    bringing,
)
from connector.payouts.files import read_file, read_lines
from connector.payouts.iban import read_iban
from connector.payouts.orders import LARGEST_FILE, MOST_LINES, CheckedFile, FileProblems, plain
from connector.payouts.payouts import PayoutConfirmation, PayoutDraft, Payouts
from connector.payouts.standing import PayoutReport
from connector.resources.filters import one_of
from connector.unified.payout import LineState, Payout, PayoutLine, PayoutStatus
from connector.writing.requests.payout import (
    PayoutConfirmationRequest,
    PayoutLineRequest,
    PayoutRequest,
)
from oauth.admitted import account_of, caller_of
from storage.errors import Invalid

_PATH = "/accounting/payouts"
_ONE = f"{_PATH}/{{payoutId}}"
_ID = path_parameter("payoutId", "Its id.")
_FAILURES = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
_STATUS = one_of("status", PayoutStatus, "Only payouts that are so far.")
_STATE = one_of("state", LineState, "Only lines that are so far.")

A_PAYOUT_FILE = UploadRule(
    part="file",
    file_bytes=LARGEST_FILE,
    also_json=True,
    description=(
        "The file, up to 10 MB and 10,000 payments: CSV in UTF-8, or pain.001.001.03 or "
        "pain.001.001.09."
    ),
)


@operation(
    "POST",
    _PATH,
    "Check a file of payments, and store it",
    name="createPayout",
    permission=Permission.PAYMENTS,
    parameters=WRITE_PARAMETERS,
    request=PayoutRequest,
    upload=A_PAYOUT_FILE,
    response=Envelope[Payout, Meta],
    dry_run=Envelope[DryRun, Meta],
    status=HTTPStatus.CREATED,
    description=(
        "As a form with the file, or as JSON with the payments themselves. It is checked as a "
        "whole: everything that is wrong is told at once, each with its place and what to do about "
        "it. Nothing is paid before it is confirmed by its total and its count."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def create_payout(payouts: Payouts, request: Request) -> Response:
    """Store a file of payments, or only check it."""
    options = WriteOptions.read(request)
    account = account_of(request)
    async with bringing(request, PayoutRequest, A_PAYOUT_FILE) as (body, files):
        warnings = (*unused_in(request), *options.warnings)
        draft = await _draft(payouts, body, files, options.confirmed, caller_of(request).key_id)
    warnings = (*warnings, *draft.checked.warnings)
    if options.dry_run:
        await payouts.check(account, draft)
        found = DryRun(is_valid=True, expected=_expected(draft))
        return answer(request, found, warnings=warnings)
    report = await payouts.draft(account, draft, options.key)
    return _told(request, report, warnings, HTTPStatus.CREATED)


async def _draft(
    payouts: Payouts,
    body: PayoutRequest,
    files: tuple[UploadedFile, ...],
    confirmed: frozenset[str],
    asked_by: str,
) -> PayoutDraft:
    debit_iban = _debit_iban(body)
    today = payouts.clock().date()
    if files:
        if body.lines:
            raise Invalid.one("lines", "EITHER_OR", "Bring a file, or the payments themselves.")
        content = await _whole(files[0])
        checked: CheckedFile = await asyncio.to_thread(
            read_file, content, today=today, confirmed=confirmed, debit_iban=debit_iban
        )
        digest, name = files[0].digest, body.file_name or files[0].name
    else:
        lines = [_said(one) for one in body.lines]
        checked = await asyncio.to_thread(
            read_lines, lines, today=today, confirmed=confirmed, debit_iban=debit_iban
        )
        digest = hashlib.sha256(msgspec.json.encode(lines, order="sorted")).hexdigest()
        name = body.file_name or "payments"
    return PayoutDraft(checked, digest, name, debit_iban, confirmed, asked_by)


def _debit_iban(body: PayoutRequest) -> str | None:
    if body.debit_iban is None:
        return None
    problems = FileProblems()
    iban = read_iban(body.debit_iban, "debitIban", problems)
    problems.check()
    return iban


async def _whole(file: UploadedFile) -> bytes:
    if file.size > LARGEST_FILE:
        raise FileTooLarge(
            f"A payout file has at most {LARGEST_FILE // 1024 // 1024} MB and {MOST_LINES} "
            "payments. Split it into several."
        )
    return b"".join([chunk async for chunk in file.read()])


def _said(line: PayoutLineRequest) -> dict[str, str]:
    given = {
        "name": line.name,
        "iban": line.iban,
        "amount": None if line.amount is None else plain(line.amount),
        "reference": line.reference,
        "currency": line.currency,
        "endToEndId": line.end_to_end_id,
        "executionDay": line.execution_day,
        "debitIban": line.debit_iban,
        "attachmentIds": " ".join(line.attachment_ids),
    }
    return {name: text for name, text in given.items() if text}


def _expected(draft: PayoutDraft) -> dict[str, Any]:
    checked = draft.checked
    return {
        "total": checked.total,
        "count": len(checked.orders),
        "fileKind": checked.kind,
        "digest": draft.digest,
    }


def _told(
    request: Request,
    report: PayoutReport,
    warnings: tuple[str, ...],
    status: int = HTTPStatus.OK,
) -> Response:
    response = answer(request, payout_of(report), warnings=warnings, status=status)
    if report.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


@operation(
    "GET",
    _PATH,
    "List payouts",
    name="listPayouts",
    permission=Permission.PAYMENTS,
    parameters=(PAGE, LIMIT, filter_parameter(_STATUS)),
    response=Envelope[tuple[Payout, ...], Meta],
    description="The newest first. A draft that nobody confirms is forgotten after a week.",
    tag="accounting",
)
async def list_payouts(payouts: Payouts, request: Request) -> Response:
    """List the account's payouts."""
    asked = read_list(request, filters=(_STATUS,))
    query = asked.query
    found, total = await payouts.page(
        account_of(request), status=query.value_of("status"), page=query.page, limit=query.limit
    )
    data = tuple(payout_of(one) for one in found)
    pagination = _pagination(total, query.page, query.limit)
    return answer(request, data, pagination=pagination, warnings=asked.warnings)


def _pagination(total: int, page: int, limit: int) -> Pagination:
    return Pagination(total, limit, page, -(-total // limit))


@operation(
    "GET",
    _ONE,
    "Read how far a payout is",
    name="getPayout",
    permission=Permission.PAYMENTS,
    parameters=(_ID,),
    response=Envelope[Payout, Meta],
    tag="accounting",
)
async def get_payout(payouts: Payouts, request: Request) -> Response:
    """Tell how far one of the account's payouts is."""
    unused = read_bare(request)
    report = await payouts.get(account_of(request), request.path_params["payoutId"])
    return _told(request, report, unused)


@operation(
    "GET",
    f"{_ONE}/lines",
    "List the lines of a payout",
    name="listPayoutLines",
    permission=Permission.PAYMENTS,
    parameters=(_ID, PAGE, LIMIT, filter_parameter(_STATE)),
    response=Envelope[tuple[PayoutLine, ...], Meta],
    description="In the order of the file, each with what came of it.",
    tag="accounting",
)
async def list_payout_lines(payouts: Payouts, request: Request) -> Response:
    """List the lines of one of the account's payouts."""
    asked = read_list(request, filters=(_STATE,))
    query = asked.query
    found, total = await payouts.lines(
        account_of(request),
        request.path_params["payoutId"],
        state=query.value_of("state"),
        page=query.page,
        limit=query.limit,
    )
    data = tuple(payout_line_of(one) for one in found)
    pagination = _pagination(total, query.page, query.limit)
    return answer(request, data, pagination=pagination, warnings=asked.warnings)


@operation(
    "POST",
    f"{_ONE}/confirm",
    "Confirm a payout by what it comes to",
    name="confirmPayout",
    permission=Permission.PAYMENTS,
    parameters=(_ID,),
    request=PayoutConfirmationRequest,
    response=Envelope[Payout, Meta],
    description=(
        "By its exact total and count; it's run at once unless `run` is false. With the mode "
        "PROPOSE people approve its lines in the target system's app, up to 400 together."
    ),
    errors=(HTTPStatus.CONFLICT,),
    tag="accounting",
)
async def confirm_payout(payouts: Payouts, request: Request) -> Response:
    """Confirm a payout, and run it."""
    unused = read_bare(request)
    body = await read_exact_body(PayoutConfirmationRequest, request)
    said = PayoutConfirmation(
        body.total, body.count, body.digest, body.mode, body.run, caller_of(request).key_id
    )
    report = await payouts.confirm(account_of(request), request.path_params["payoutId"], said)
    return _told(request, report, (*unused, *unused_in(request)))


@operation(
    "POST",
    f"{_ONE}/run",
    "Run a payout, or go on with it",
    name="runPayout",
    permission=Permission.PAYMENTS,
    parameters=(_ID,),
    response=Envelope[Payout, Meta],
    description=(
        "One that was confirmed, was stopped, or has lines that are undecided: these are looked "
        "for again. Nothing that is running or done is changed."
    ),
    errors=(HTTPStatus.CONFLICT,),
    tag="accounting",
)
async def run_payout(payouts: Payouts, request: Request) -> Response:
    """Run a payout."""
    unused = read_bare(request)
    report = await payouts.start(account_of(request), request.path_params["payoutId"])
    return _told(request, report, unused)


@operation(
    "POST",
    f"{_ONE}/stop",
    "Stop a payout",
    name="stopPayout",
    permission=Permission.PAYMENTS,
    parameters=(_ID,),
    response=Envelope[Payout, Meta],
    description=(
        "No line is begun after the answer. What has left stays; /run goes on with the rest."
    ),
    errors=(HTTPStatus.CONFLICT,),
    tag="accounting",
)
async def stop_payout(payouts: Payouts, request: Request) -> Response:
    """Stop a payout."""
    unused = read_bare(request)
    report = await payouts.stop(account_of(request), request.path_params["payoutId"])
    return _told(request, report, unused)


@operation(
    "POST",
    f"{_ONE}/refresh",
    "Look at what became of a payout's lines",
    name="refreshPayout",
    permission=Permission.PAYMENTS,
    parameters=(_ID,),
    response=Envelope[Payout, Meta],
    description=(
        "At the target system: what people approved counts as sent, what they declined as refused, "
        "and what was paid as settled once the money has moved."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def refresh_payout(payouts: Payouts, request: Request) -> Response:
    """Follow the lines of a payout."""
    unused = read_bare(request)
    account, payout_id = account_of(request), request.path_params["payoutId"]
    report, warnings = await payouts.refresh(account, payout_id)
    return _told(request, report, (*unused, *warnings))


PAYOUT_OPERATIONS = (
    create_payout,
    list_payouts,
    get_payout,
    list_payout_lines,
    confirm_payout,
    run_payout,
    stop_payout,
    refresh_payout,
)
