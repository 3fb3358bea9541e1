"""How this floor answers vendors: never to be kept, with warnings of what was not used."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import answer_briefly
from connector.api.parsing import unused_in

HTML = "text/html"
NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def answer_vendor(
    request: Request, data: Any, *, status: int = 200, warnings: tuple[str, ...] = ()
) -> Response:
    """Return data in its envelope, with what of the request made no difference."""
    return answer_briefly(
        data,
        warnings=(*warnings, *unused_in(request)),
        request_id=getattr(request.state, "request_id", None),
        status=status,
        headers=NO_STORE,
    )
