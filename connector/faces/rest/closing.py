"""DELETE /accounting/bankAccounts/{bankAccountId}: have the owner asked to close one."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.faces.rest.approving import APPROVE_BY, APPROVE_BY_NAME, read_approve_by
from connector.faces.rest.writing import (
    CHECKED,
    FINAL_PARAMETERS,
    REPLAYED_HEADER,
    WriteOptions,
    dry_run_answer,
)
from connector.paying.closing import Closing, ClosingRequest
from connector.unified.upload import TaskReference
from oauth.admitted import account_of


@operation(
    "DELETE",
    "/accounting/bankAccounts/{bankAccountId}",
    "Close a bank account",
    name="deleteBankAccount",
    permission=Permission.WRITE,
    offers=("bankAccounts", "delete"),
    parameters=(path_parameter("bankAccountId", "Its id."), APPROVE_BY, *FINAL_PARAMETERS),
    response=Envelope[TaskReference, Meta],
    dry_run=CHECKED,
    status=HTTPStatus.ACCEPTED,
    description=(
        "For good: nobody can open it again. What happened on it can still be read, and its status "
        "is ARCHIVED. Not the main account, and only when there is no money on it and none on its "
        "way. The owner approves it in the bank's app, within 15 minutes; the task tells."
    ),
    errors=(HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT),
    tag="accounting",
)
async def close_bank_account(closing: Closing, request: Request) -> Response:
    """Begin the task that closes a bank account, or check what would be closed."""
    options = WriteOptions.read(request, (APPROVE_BY_NAME,))
    account, method = account_of(request), read_approve_by(options.own)
    asked = ClosingRequest(request.path_params["bankAccountId"], method, options.key)
    if options.dry_run:
        checked, confirmation = await closing.check(account, asked)
        return dry_run_answer(request, checked, options.warnings, confirmation)
    report = await closing.begin(account, asked, options.consent(request))
    response = answer(
        request,
        TaskReference(report.id),
        warnings=options.warnings,
        status=HTTPStatus.ACCEPTED,
    )
    if report.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


CLOSING_OPERATIONS = (close_bank_account,)
