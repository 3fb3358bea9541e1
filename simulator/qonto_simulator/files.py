"""Links to stored files: signed, good for thirty minutes, in the manner of S3."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from .records.attachment import Attachment
from .world import World

LIFE = timedelta(minutes=30)
_DATE = "%Y%m%dT%H%M%SZ"


def _signature(key: str, path: str, date: str) -> str:
    return hmac.new(key.encode(), f"{path}\n{date}".encode(), hashlib.sha256).hexdigest()


def link(world: World, attachment: Attachment, now: datetime) -> str:
    """A fresh link; it needs no Qonto credentials, but the staging token where there is a gate."""
    path = f"/files/{attachment.id}/{quote(attachment.file_name, safe='')}"
    date = now.strftime(_DATE)
    query = urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": date,
            "X-Amz-Expires": int(LIFE.total_seconds()),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Signature": _signature(world.file_key, attachment.id, date),
        }
    )
    return f"{world.base_url.rstrip('/')}{path}?{query}"


class FileLinks:
    """``GET /files/...``: the bytes, or XML that says why not."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, request: Request) -> Response:
        query = request.query_params
        if "authorization" in request.headers:
            # The store has one way in per request, and the link already is one.
            return _refused(400, "InvalidArgument", "Only one auth mechanism allowed")
        attachment = self._world.attachments.get(request.path_params["id"])
        now = self._world.now()
        date = query.get("X-Amz-Date", "")
        try:
            begun = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
        except ValueError:
            return _refused(403, "AccessDenied", "Query-string authentication is incomplete")
        signature = _signature(self._world.file_key, request.path_params["id"], date)
        if not hmac.compare_digest(signature.encode(), query.get("X-Amz-Signature", "").encode()):
            return _refused(403, "SignatureDoesNotMatch", "The signature does not match")
        if now > begun + LIFE:
            return _refused(403, "AccessDenied", "Request has expired")
        if attachment is None or now < attachment.ready_at:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        name = quote(attachment.file_name)
        headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
        return Response(attachment.read(), media_type=attachment.content_type, headers=headers)


def _refused(status: int, code: str, message: str) -> Response:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Response(xml, status, media_type="application/xml")
