"""/openapi.json, /docs and /llms.txt: made once in a process, with an ETag. / leads to /docs."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from connector.api.operation import Operation, operation
from connector.app import docs_rendering
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


@dataclass(frozen=True, slots=True)
class Publishing:
    """What is published of the service at this address; `document` describes it."""

    public_url: str
    document: Callable[[str], dict[str, Any]]


@cache
def description_of(publishing: Publishing) -> Published:
    """Return openapi.json."""
    document = publishing.document(publishing.public_url)
    return _published(msgspec.json.encode(document), "application/json")


@cache
def page_of(publishing: Publishing) -> Published:
    """Return the page for people."""
    return _published(
        docs_rendering.page(Reference(publishing.document(publishing.public_url))).encode(),
        "text/html; charset=utf-8",
        Content_Security_Policy=docs_rendering.policy(),
        Cross_Origin_Opener_Policy="same-origin",
        Referrer_Policy="no-referrer",
        X_Frame_Options="DENY",
    )


@cache
def text_of(publishing: Publishing) -> Published:
    """Return the text for language models."""
    text = docs_rendering.text(Reference(publishing.document(publishing.public_url)))
    return _published(text.encode(), "text/plain; charset=utf-8")


@operation(
    "GET",
    "/openapi.json",
    "The description",
    name="getDescription",
    keys="none",
    tag="docs",
    is_described=False,
)
async def description(publishing: Publishing, request: Request) -> Response:
    """Return openapi.json."""
    return (await run_in_threadpool(description_of, publishing)).answer(request)


async def _answer_page(publishing: Publishing, request: Request) -> Response:
    return (await run_in_threadpool(page_of, publishing)).answer(request)


def _page(path: str, name: str) -> Operation[Publishing]:
    return Operation(
        method="GET",
        path=path,
        summary="The reference, for people",
        name=name,
        handler=_answer_page,
        keys="none",
        tag="docs",
        is_described=False,
    )


reference = _page("/docs", "getReference")
reference_as_folder = _page("/docs/", "getReferenceAsFolder")


@operation(
    "GET",
    "/",
    "To the reference",
    name="getRoot",
    keys="none",
    tag="docs",
    is_described=False,
)
async def root(publishing: Publishing, _request: Request) -> Response:
    """Send whoever comes without a path to the page, below the public address' own path."""
    location = f"{urlsplit(publishing.public_url).path}/docs"
    return Response(status_code=302, headers={"Location": location})


@operation(
    "GET",
    "/llms.txt",
    "The reference, for models",
    name="getReferenceAsText",
    keys="none",
    tag="docs",
    is_described=False,
)
async def llms(publishing: Publishing, request: Request) -> Response:
    """Return the text."""
    return (await run_in_threadpool(text_of, publishing)).answer(request)


PUBLISHED = (root, description, reference, reference_as_folder, llms)
