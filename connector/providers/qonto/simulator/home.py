"""The human page at the root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .pages import page

if TYPE_CHECKING:
    from .simulator import Simulator


def routes(_: Simulator) -> list[Route]:
    async def show(request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        return page(
            "message.html",
            heading="A simulated Qonto",
            text=f"The API is at {base}/v2; {base}/_simulator lists the control calls.",
        )

    return [Route("/", show, methods=["GET"])]
