"""What the API answers when it refuses, in the words of the family of endpoints.

Follows the page on errors of Qonto's documentation and the answers that its collections of requests
show. Where a body is not documented, the choice is listed in the README.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Wording(Enum):
    """How a family of endpoints words its refusals."""

    LISTED = "a list of entries"
    INVOICING = "entries that repeat the status, on writes of client invoices"
    SINGLE_404 = "a list, but what is not there is told by one entry instead of a list"
    BARE = "one entry without an envelope, on webhook subscriptions"


_STATE_CODES = (409, 412)
"""Where the code says everything: client invoices have no detail there."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of ``errors``."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    message: str | None = None
    validation_param: str | None = None

    def document(self, *, detailed: bool = True) -> dict[str, object]:
        entry: dict[str, object] = {"code": self.code}
        if detailed:
            entry["detail"] = self.detail
        if self.message is not None:
            entry["message"] = self.message
        if self.pointer is not None:
            entry["source"] = {"pointer": self.pointer}
        elif self.parameter is not None:
            entry["source"] = {"parameter": self.parameter}
        if self.validation_param is not None:
            entry["meta"] = {"validation_param": self.validation_param}
        return entry


class ApiError(Exception):
    """A refusal with its HTTP status and at least one problem."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status, problems)
        self.status = status
        self.problems = problems

    def document(self, trace_id: str, wording: Wording = Wording.LISTED) -> dict[str, object]:
        """Return the body; the trace id is missing from a bare one, not from its header."""
        first = self.problems[0]
        if wording is Wording.BARE:
            return first.document()
        errors: object = [problem.document() for problem in self.problems]
        if wording is Wording.INVOICING:
            detailed = self.status not in _STATE_CODES
            errors = [
                {"status": str(self.status), **problem.document(detailed=detailed)}
                for problem in self.problems
            ]
        elif wording is Wording.SINGLE_404 and self.status == 404:
            errors = first.document()
        return {"errors": errors, "trace_id": trace_id}


class ShapedError(ApiError):
    """A refusal with a body of its own, to which the trace id is added."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(status, Problem(str(body.get("code", "")), str(body.get("message", ""))))
        self._body = body

    def document(self, trace_id: str, wording: Wording = Wording.LISTED) -> dict[str, object]:
        """Return the same body whatever the wording."""
        return {**self._body, "trace_id": trace_id}


def refuse(
    status: int, code: str, detail: str, *, pointer: str | None = None, parameter: str | None = None
) -> ApiError:
    """One refusal with one problem."""
    return ApiError(status, Problem(code, detail, pointer, parameter))


def unauthorized(wording: Wording, *, header: str) -> ApiError:
    """401: the gateway tells a missing header from a wrong one, writes of client invoices don't."""
    if wording is Wording.INVOICING:
        detail = "The access token or API key is missing, wrong or expired"
        return refuse(401, "unauthorized", detail)
    if not header:
        return refuse(401, "authorization_header_missing", "authorization header missing")
    return refuse(401, "authorization_token_invalid", "authorization token invalid")


def missing_scope(scope: str) -> ApiError:
    return refuse(403, "forbidden", f"missing required oauth scope: {scope}")


def not_permitted() -> ApiError:
    """403 for who the caller is, whatever the scopes."""
    return refuse(403, "forbidden", "User does not have sufficient permissions for this action.")


def not_found(what: str, *, parameter: str | None = None) -> ApiError:
    return refuse(404, "not_found", f"{what} not found", parameter=parameter)


def not_in_list(parameter: str, name: str, allowed: tuple[str, ...]) -> ApiError:
    detail = f"{name} must be one of: {', '.join(allowed)}"
    return refuse(422, "not_in_list", detail, parameter=parameter)


def attribute(name: str) -> str:
    """The JSON pointer of a top-level field, in the style most of the documentation uses."""
    return f"/data/attributes/{name}"
