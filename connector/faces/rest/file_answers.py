"""An opened file as an answer: base64 in JSON, or its bytes as they arrive."""

import asyncio
from base64 import b64encode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from connector.api.envelope import answer
from connector.downloads import Download
from connector.errors import DocumentTooLarge, DownstreamTimeout, NotAcceptable
from connector.faces.rest.file_names import attachment
from connector.faces.rest.negotiation import BYTES, JSON, choose_form
from connector.unified.document import Document

LARGEST_IN_JSON = 25 * 1024 * 1024
"""Bytes of a file that is sent as base64; larger ones must be asked for as bytes."""

_SECONDS_TO_READ = 60.0
_SECONDS_TO_SEND = 300.0


async def answer_file(
    request: Request, download: Download, warnings: tuple[str, ...] = ()
) -> Response:
    """Return a file in the form that the request prefers; the file is closed in every case.

    Raises NotAcceptable, DocumentTooLarge, and whatever reading the file raises.
    """
    try:
        form = choose_form(request.headers.get("Accept"), download.content_type)
        if form is None:
            raise NotAcceptable(
                f"The file can be had as {JSON}, as {download.content_type} and as {BYTES}."
            )
        if form != JSON:
            return FileAnswer(download, form)
        content = await _read(download)
    except BaseException:
        await download.close()
        raise
    await download.close()
    document = Document(
        id=download.id,
        base64_encoded=True,
        content=b64encode(content).decode(),
        content_type=download.content_type,
        file_name=download.file_name,
    )
    response = answer(request, document, warnings=warnings)
    response.headers["Vary"] = "Accept"
    return response


async def _read(download: Download) -> bytes:
    if (download.size or 0) > LARGEST_IN_JSON:
        raise _too_large_for_json()
    content = bytearray()
    try:
        async with asyncio.timeout(_SECONDS_TO_READ):
            async for chunk in download.chunks():
                content += chunk
                if len(content) > LARGEST_IN_JSON:
                    raise _too_large_for_json()
    except TimeoutError:
        raise DownstreamTimeout("The file did not come in time. Try again.") from None
    return bytes(content)


def _too_large_for_json() -> DocumentTooLarge:
    return DocumentTooLarge(
        f"The file is larger than {LARGEST_IN_JSON // (1024 * 1024)} MB, the most that JSON "
        f"carries. Ask for its bytes with Accept: {BYTES}."
    )


class FileAnswer(StreamingResponse):
    """The bytes of a file. An error on the way breaks the connection off: no whole file is faked.

    The file is closed when it has been sent, when it can't be, and when the client goes away.
    """

    def __init__(self, download: Download, form: str) -> None:
        headers = {
            "Content-Disposition": attachment(download.file_name, download.content_type),
            "X-Content-Type-Options": "nosniff",
            # where a browser shows it all the same, nothing in it may run
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Vary": "Accept",
        }
        if download.size is not None:
            headers["Content-Length"] = str(download.size)
        super().__init__(download.chunks(), headers=headers)
        # as it is: text would get a charset that nobody knows
        self.headers["Content-Type"] = form
        self._download = download

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(_SECONDS_TO_SEND):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            raise DownstreamTimeout("The file was not sent in time.") from None
        finally:
            await asyncio.shield(self._download.close())
