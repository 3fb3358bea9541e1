"""POST /accounting/beneficiaries/{beneficiaryId}/trust: have the owner asked to trust one."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import given_once
from connector.faces.rest.approving import APPROVE_BY, APPROVE_BY_NAME, read_approve_by
from connector.paying.trusting import Trusting
from connector.unified.upload import TaskReference
from oauth.admitted import account_of


@operation(
    "POST",
    "/accounting/beneficiaries/{beneficiaryId}/trust",
    "Have the owner asked to trust a beneficiary",
    name="trustBeneficiary",
    permission=Permission.PAYMENTS,
    offers=("beneficiaries", "update"),
    parameters=(path_parameter("beneficiaryId", "Its id."), APPROVE_BY),
    response=Envelope[TaskReference, Meta],
    status=HTTPStatus.ACCEPTED,
    description=(
        "Only where the consent covers `beneficiary.trust`, which Qonto gives to few apps; "
        "else 403 `MISSING_SCOPE`, and the owner trusts the beneficiary in Qonto's app. The owner "
        "approves it once, within 15 minutes; the task tells."
    ),
    errors=(HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT),
    tag="accounting",
)
async def trust_beneficiary(trusting: Trusting, request: Request) -> Response:
    """Begin the task that trusts a beneficiary."""
    given = given_once(request.query_params)
    method = read_approve_by(given)
    unused = tuple(
        f"{name[:40]!r} is not a parameter of this call; it was not used."
        for name in sorted(given.keys() - {APPROVE_BY_NAME})
    )
    beneficiary_id = request.path_params["beneficiaryId"]
    report = await trusting.begin(account_of(request), beneficiary_id, method)
    reference = TaskReference(report.id)
    return answer(request, reference, warnings=unused, status=HTTPStatus.ACCEPTED)


TRUST_OPERATIONS = (trust_beneficiary,)
