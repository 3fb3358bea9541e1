"""What the API answers when it refuses: ``{"errors": [...], "trace_id": ...}``.

Follows the page on errors of Qonto's documentation. Where a body is not documented, the choice is
listed in NOTES.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of ``errors``."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def document(self) -> dict[str, object]:
        entry: dict[str, object] = {"code": self.code, "detail": self.detail}
        if self.pointer is not None:
            entry["source"] = {"pointer": self.pointer}
        elif self.parameter is not None:
            entry["source"] = {"parameter": self.parameter}
        return entry


class ApiError(Exception):
    """A refusal with its HTTP status and at least one problem."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(status, problems)
        self.status = status
        self.problems = problems

    def document(self, trace_id: str) -> dict[str, object]:
        return {"errors": [problem.document() for problem in self.problems], "trace_id": trace_id}


def refuse(
    status: int, code: str, detail: str, *, pointer: str | None = None, parameter: str | None = None
) -> ApiError:
    """One refusal with one problem."""
    return ApiError(status, Problem(code, detail, pointer, parameter))


def unauthorized() -> ApiError:
    return refuse(401, "unauthorized", "The access token or API key is missing, wrong or expired")


def missing_scope(scope: str) -> ApiError:
    return refuse(403, "forbidden", f"missing required oauth scope: {scope}")


def not_found(what: str) -> ApiError:
    return refuse(404, "not_found", f"{what} not found")


def not_in_list(parameter: str, name: str, allowed: tuple[str, ...]) -> ApiError:
    detail = f"{name} must be one of: {', '.join(allowed)}"
    return refuse(422, "not_in_list", detail, parameter=parameter)


def attribute(name: str) -> str:
    """The JSON pointer of a top-level field, in the style most of the documentation uses."""
    return f"/data/attributes/{name}"
