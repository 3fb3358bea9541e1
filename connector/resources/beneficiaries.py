"""Whom the organisation pays."""

from dataclasses import replace

from connector.api.operation import Permission
from connector.ports import Query
from connector.resources.filters import Filter, one_of, text
from connector.resources.resource import RecordWrite, Resource
from connector.unified.beneficiary import Beneficiary
from connector.unified.enums import BeneficiaryStatus
from connector.writing.requests.beneficiary import BeneficiaryChange, BeneficiaryRequest


def _trusted(query: Query, value: str) -> Query:
    if value not in ("true", "false"):
        raise ValueError("trusted is true or false.")
    return replace(query, where=(*query.where, ("trusted", value)))


BENEFICIARIES = Resource(
    name="beneficiaries",
    id_name="beneficiaryId",
    chosen=lambda readers: readers.beneficiaries,
    model=Beneficiary,
    one="a beneficiary",
    many="the beneficiaries of transfers",
    filters=(
        text("iban", "Only the beneficiary with this account number."),
        text("name", "Only beneficiaries whose name has this part."),
        one_of("status", BeneficiaryStatus, "Only beneficiaries that stand so.", "status"),
        Filter("trusted", {"type": "boolean"}, "Only trusted ones, or only others.", _trusted),
    ),
    description=(
        "The last changed first. Only one that is VALIDATED can be paid; the owner need not "
        "approve transfers to one that is trusted. Not in the contract."
    ),
    writes=(
        RecordWrite(
            action="create",
            summary="Make a beneficiary",
            request=BeneficiaryRequest,
            permission=Permission.PAYMENTS,
            description=(
                "It is not trusted, and can be paid once the bank has validated it. There is one "
                "for an account number: where there is one already, its name would be overwritten, "
                "so that has to be confirmed."
            ),
        ),
        RecordWrite(
            action="update",
            summary="Change a beneficiary",
            request=BeneficiaryChange,
            permission=Permission.PAYMENTS,
            description="Its account number can't be changed: make another beneficiary.",
        ),
        RecordWrite(
            action="untrust",
            summary="Trust a beneficiary no more",
            permission=Permission.PAYMENTS,
            description="From then on the owner approves each transfer to it.",
        ),
    ),
)
