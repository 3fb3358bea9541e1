"""How the back office answers: `success`, and beside it what was asked for or what went wrong."""

import math
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from connector.api.envelope import written
from connector.faces.backoffice.errors import QontoCredentialsRefused
from oauth.errors import ReauthRequired
from storage.errors import Invalid, ServiceError


def succeeded(
    members: Mapping[str, Any], warnings: tuple[str, ...] = (), status: int = 200
) -> Response:
    """Return what was asked for; warnings only where there are any."""
    told = {"warnings": warnings} if warnings else {}
    return written({"success": True, **members, **told}, status)


def failed(
    error: ServiceError, request_id: str, members: Mapping[str, Any] | None = None
) -> Response:
    """Return an error in the back office's shape. Its code is the service's, in small letters."""
    if isinstance(error, ReauthRequired):
        error = QontoCredentialsRefused()
    problem: dict[str, Any] = {
        "code": error.code.lower(),
        "message": error.message,
        "requestId": request_id,
    }
    if isinstance(error, Invalid) and error.fields:
        problem["fields"] = error.fields
    if downstream := getattr(error, "downstream", ()):
        problem["qonto"] = downstream
    body = {"success": False, "error": problem, **(members or {})}
    return written(body, error.http_status, _headers(error))


def _headers(error: ServiceError) -> dict[str, str]:
    headers = dict(error.headers)
    wait: float | None = getattr(error, "retry_after", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    elif error.retryable:
        headers["Retry-After"] = "5"
    return headers
