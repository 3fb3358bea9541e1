"""How the owner of a bank account is asked to approve something: a parameter of such calls."""

from collections.abc import Mapping
from typing import cast

from connector.api.named import schema_of, words_of
from connector.api.operation import Parameter
from connector.unified.enums import ApprovalMethod
from storage.errors import Invalid

APPROVE_BY_NAME = "approveBy"
_DEFAULT = "paired-device"

APPROVE_BY = Parameter(
    APPROVE_BY_NAME,
    "query",
    {**schema_of(ApprovalMethod), "default": _DEFAULT},
    "How the owner is asked to approve it; as for payments.",
)


def read_approve_by(given: Mapping[str, str]) -> ApprovalMethod:
    """Return how the owner is to be asked. Raises Invalid."""
    method = given.get(APPROVE_BY_NAME, _DEFAULT)
    if method not in words_of(ApprovalMethod):
        known = ", ".join(words_of(ApprovalMethod))
        raise Invalid.one(APPROVE_BY_NAME, "NOT_ALLOWED", f"{APPROVE_BY_NAME} is one of {known}.")
    return cast(ApprovalMethod, method)
