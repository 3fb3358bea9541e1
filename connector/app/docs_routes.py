"""/openapi.json, /docs and /llms.txt: made once in a process, with an ETag."""

import gzip
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.app import docs_rendering
from connector.app.description import document
from connector.app.docs import Reference


@dataclass(frozen=True, slots=True)
class Published:
    """Bytes that stay the same while the process lives, and their small form."""

    body: bytes = field(repr=False)
    small: bytes = field(repr=False)
    headers: dict[str, str]

    def answer(self, request: Request) -> Response:
        """Answer 304 to who has these bytes already, gzip to who takes it."""
        given = request.headers.get("If-None-Match", "")
        if "*" in given or self.headers["ETag"].removeprefix("W/") in given:
            return Response(status_code=304, headers=self.headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return Response(self.small, headers={**self.headers, "Content-Encoding": "gzip"})
        return Response(self.body, headers=self.headers)


def _published(body: bytes, media_type: str, **headers: str) -> Published:
    common = {
        "Cache-Control": "no-cache",
        "Content-Type": media_type,
        "ETag": f'W/"{sha256(body).hexdigest()[:32]}"',  # weak: one for both forms
        "Vary": "Accept-Encoding",
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Published(body, gzip.compress(body, mtime=0), {**common, **named})


@cache
def description_at(public_url: str) -> Published:
    """Answer openapi.json of the service at this address."""
    return _published(msgspec.json.encode(document(public_url)), "application/json")


@cache
def page_at(public_url: str) -> Published:
    """Answer the page for people."""
    return _published(
        docs_rendering.page(Reference(document(public_url))).encode(),
        "text/html; charset=utf-8",
        Content_Security_Policy=docs_rendering.policy(),
        Cross_Origin_Opener_Policy="same-origin",
        Referrer_Policy="no-referrer",
        X_Frame_Options="DENY",
    )


@cache
def text_at(public_url: str) -> Published:
    """Answer the text for language models."""
    text = docs_rendering.text(Reference(document(public_url)))
    return _published(text.encode(), "text/plain; charset=utf-8")


async def _openapi(request: Request) -> Response:
    return (await run_in_threadpool(description_at, _public_url(request))).answer(request)


async def _docs(request: Request) -> Response:
    return (await run_in_threadpool(page_at, _public_url(request))).answer(request)


async def _llms(request: Request) -> Response:
    return (await run_in_threadpool(text_at, _public_url(request))).answer(request)


def _public_url(request: Request) -> str:
    url: str = request.app.state.container.settings.public_url
    return url.rstrip("/")


routes = [
    Route("/openapi.json", _openapi),
    Route("/docs", _docs),
    Route("/llms.txt", _llms),
]
