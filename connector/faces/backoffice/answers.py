"""How the back office answers: `success`, and beside it what was asked for or what went wrong."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from connector.api.envelope import written
from connector.api.errors import headers_of
from oauth.errors import ReauthRequired
from storage.errors import Invalid, ServiceError

_CREDENTIALS_REFUSED = (
    "qonto_credentials_refused",
    "Qonto refuses QONTO_ORGANIZATION_ID with QONTO_API_KEY. Look both up at Qonto, or make a new "
    "key there, set them, and start again.",
)


def succeeded(
    members: Mapping[str, Any], warnings: tuple[str, ...] = (), status: int = 200
) -> Response:
    """Return what was asked for; warnings only where there are any."""
    told = {"warnings": warnings} if warnings else {}
    return written({"success": True, **members, **told}, status)


def failed(
    error: ServiceError, request_id: str, members: Mapping[str, Any] | None = None
) -> Response:
    """Return an error in the back office's shape.

    Its code is the service's, in small letters. Nobody links again here: where that would help, it
    is the key in the environment that Qonto refuses.
    """
    told = (error.code.lower(), error.message)
    code, message = _CREDENTIALS_REFUSED if isinstance(error, ReauthRequired) else told
    problem: dict[str, Any] = {"code": code, "message": message, "requestId": request_id}
    if isinstance(error, Invalid) and error.fields:
        problem["fields"] = error.fields
    if downstream := getattr(error, "downstream", ()):
        problem["qonto"] = downstream
    body = {"success": False, "error": problem, **(members or {})}
    return written(body, error.http_status, headers_of(error))
