"""Errors as results of tools: what went wrong, in words, and what to do next. Pure."""

from typing import Any

from connector.errors import Ambiguous, ConfirmationRequired, ConfirmationStale, MissingScope
from connector.faces.mcp.tool import Data
from oauth.errors import PermissionDenied
from storage.errors import Invalid, NotFound, ServiceError


class UnknownTool(NotFound):
    """There is no tool of a name, or the key may not use it."""

    code = "UNKNOWN_TOOL"
    meaning = "there is no tool of this name, or the key may not use it"


_NEXT: tuple[tuple[type[ServiceError], str], ...] = (
    (Ambiguous, "Ask the person which of the candidates is meant, and call again with its id."),
    (ConfirmationStale, "Call without confirmation_token to see what would be done now."),
    (ConfirmationRequired, "Call without confirmation_token to see what would be done."),
    (UnknownTool, "List the tools, and use one of those."),
    (Invalid, "Mend the arguments that are listed, or ask the person, and call again."),
    (NotFound, "List the records to find the right one, or ask the person."),
    (MissingScope, "Only the person who linked the account can allow this, by linking it again."),
    (
        PermissionDenied,
        "Only whoever runs the connector can allow this: by another key, or by --write.",
    ),
)
_AGAIN = "Call again in a while."
_NOT_AGAIN = "Calling again won't help. Tell the person what happened."


def problem(error: ServiceError) -> Data:
    """Return an error as a tool answers it: the API's code and words, and what to do."""
    told: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "what_to_do": _next_step(error),
        "retryable": error.retryable,
    }
    if isinstance(error, Invalid) and error.fields:
        told["arguments"] = [
            {
                name: value
                for name, value in (
                    ("argument", one.field),
                    ("code", one.code),
                    ("message", one.message),
                    ("hint", _hinted(one.hint)),
                )
                if value
            }
            for one in error.fields
        ]
    if isinstance(error, Ambiguous):
        told["count"] = error.count
        told["candidates"] = [
            {
                name: value
                for name in ("id", "name", "number", "date", "status", "total")
                if (value := getattr(one, name)) is not None
            }
            for one in error.candidates
        ]
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        told["retry_after_seconds"] = wait
    return {"error": told}


def _hinted(hint: str | None) -> str | None:
    """Say a hint about a parameter of the query as one about an argument."""
    return None if hint is None else hint.replace("send the parameter confirm=", "send confirm: ")


def _next_step(error: ServiceError) -> str:
    for kind, step in _NEXT:
        if isinstance(error, kind):
            return step
    return _AGAIN if error.retryable else _NOT_AGAIN


def broken(request_id: str) -> Data:
    """Return what is told of an error that nobody foresaw."""
    message = "Something went wrong here, not in the call."
    step = f"Tell the person, and quote the request id {request_id} when it is reported."
    return {
        "error": {
            "code": ServiceError.code,
            "message": message,
            "what_to_do": step,
            "retryable": False,
        }
    }
