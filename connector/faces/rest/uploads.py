"""Uploads that may go on as a task: many bills at once, and the asynchronous calls."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Handler, Operation, Permission, operation
from connector.api.parsing import unused_in
from connector.api.uploads import UploadRule
from connector.faces.rest.parameters import RAW_DATA
from connector.faces.rest.writing import (
    WRITE_PARAMETERS,
    DryRun,
    WriteOptions,
    answer_write,
    bringing,
    dry_run_answer,
)
from connector.ports import WriteRequest
from connector.resources.bills import MANY_BILLS
from connector.resources.booking_proposals import A_DOCUMENT
from connector.resources.files import A_FILE
from connector.unified.upload import BillUploads, TaskReference
from connector.writing.requests.bill import BillsRequest
from connector.writing.requests.booking_proposal import BookingProposalRequest
from connector.writing.requests.file import FileRequest
from connector.writing.uploads import Uploads
from oauth.admitted import account_of

_FAILURES = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)


@operation(
    "POST",
    "/accounting/bills/bulk",
    "Make bills of many files",
    name="createBills",
    permission=Permission.WRITE,
    offers=("bills", "create"),
    parameters=(*WRITE_PARAMETERS, RAW_DATA),
    request=BillsRequest,
    upload=MANY_BILLS,
    response=Envelope[BillUploads, Meta],
    accepted=Envelope[BillUploads, Meta],
    dry_run=Envelope[DryRun, Meta],
    status=HTTPStatus.CREATED,
    description=(
        "As a form with the files, or as JSON with the ids of files that were uploaded before. "
        "Each file has a fate of its own: the answer says of each what came of it, and is an error "
        "only when nothing came of any. Up to 20 files of together 15 MB are done at once; with "
        "more the answer is 202, and the rest is done as a task whose responseData is the same. "
        "The same file twice is refused."
    ),
    errors=_FAILURES,
    tag="accounting",
)
async def create_bills(uploads: Uploads, request: Request) -> Response:
    """Make a bill of each file."""
    options = WriteOptions.read(request)
    account = account_of(request)
    async with bringing(request, BillsRequest, MANY_BILLS) as (body, files):
        warnings = (*unused_in(request), *options.warnings)
        asked = WriteRequest(body=body, confirmed=options.confirmed, files=files)
        if options.dry_run:
            return dry_run_answer(request, await uploads.check(account, asked), warnings)
        done = await uploads.bulk(account, asked, options.key)
    if isinstance(done, tuple):
        return answer(request, done[1], warnings=warnings, status=HTTPStatus.ACCEPTED)
    data = None if done.found is None else done.found.item
    return answer_write(request, data, done, warnings, HTTPStatus.CREATED, raw=options.raw)


def _as_task(
    path: str, name: str, summary: str, of: str, model: Any, rule: UploadRule, description: str
) -> Operation[Uploads]:
    return Operation(
        method="POST",
        path=path,
        summary=summary,
        name=name,
        handler=_begins(of, model, rule),
        permission=Permission.WRITE,
        offers=(of.partition(".")[0], "create"),
        parameters=WRITE_PARAMETERS,
        request=model,
        upload=rule,
        response=Envelope[TaskReference, Meta],
        dry_run=Envelope[DryRun, Meta],
        status=HTTPStatus.ACCEPTED,
        description=description,
        errors=_FAILURES,
        tag="accounting",
    )


def _begins(of: str, model: Any, rule: UploadRule) -> Handler[Uploads]:
    async def serve(uploads: Uploads, request: Request) -> Response:
        options = WriteOptions.read(request)
        account = account_of(request)
        async with bringing(request, model, rule) as (body, files):
            warnings = (*unused_in(request), *options.warnings)
            asked = WriteRequest(body=body, confirmed=options.confirmed, files=files)
            if options.dry_run:
                checked = await uploads.writing.check(account, of, asked)
                return dry_run_answer(request, checked, warnings)
            report = await uploads.as_task(account, of, asked, options.key)
        reference = TaskReference(report.id)
        return answer(request, reference, warnings=warnings, status=HTTPStatus.ACCEPTED)

    return serve


def upload_operations() -> Iterator[Operation[Uploads]]:
    """Declare them."""
    yield create_bills
    yield _as_task(
        "/accounting/files/async",
        "createFileAsync",
        "Upload a file, and don't wait until it is attached",
        "files.create",
        FileRequest,
        A_FILE,
        "The task's responseData is the file.",
    )
    yield _as_task(
        "/accounting/v2/bookingProposals",
        "createBookingProposalV2",
        "Make a booking proposal from a file, as a task",
        "bookingProposals.create",
        BookingProposalRequest,
        A_DOCUMENT,
        "The task's responseData is the booking proposal, as at /accounting/bookingProposals.",
    )
