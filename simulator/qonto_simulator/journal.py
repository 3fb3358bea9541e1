"""What was asked of the simulator, with the secrets masked."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from .times import with_millis

CAPACITY = 10_000
MASK = "***"
_SECRET_HEADERS = frozenset(
    [
        "authorization",
        "x-qonto-staging-token",
        "cookie",
        "set-cookie",
        "x-qonto-sca-session-token",
        "x-qonto-mfa",
    ]
)
_SECRET_FIELDS = frozenset(
    [
        "client_secret",
        "code",
        "code_verifier",
        "refresh_token",
        "access_token",
        "token",
        "password",
        "csrf",
        "X-Amz-Signature",
    ]
)
_SECRET_JSON = re.compile(
    r'("(?:secret|client_secret|password|refresh_token|access_token|code_verifier|sca_session_token'
    r'|token)"\s*:\s*")'
    r'(?:[^"\\]|\\.)*("|$)'
)
_BODY = 65_536


@dataclass(slots=True)
class Entry:
    """One request; ``status`` is ``None`` when the connection was dropped on purpose."""

    number: int
    at: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str
    client: str
    status: int | None = None
    fault: str | None = None

    def document(self) -> dict[str, object]:
        return asdict(self)


class Journal:
    """The last requests, oldest first; control calls and the human page are not in it."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=CAPACITY)
        self._count = 0

    def open(
        self,
        *,
        at: datetime,
        method: str,
        path: str,
        query: str,
        headers: list[tuple[str, str]],
        body: bytes,
        client: str,
    ) -> Entry:
        self._count += 1
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            values.setdefault(name, []).append(MASK if name in _SECRET_FIELDS else value)
        shown = {name: _mask_header(name, value) for name, value in headers}
        kind = shown.get("content-type", "").strip().lower()
        entry = Entry(
            number=self._count,
            at=with_millis(at),
            method=method,
            path=path,
            query=values,
            headers=shown,
            body=_mask_body(kind, body),
            client=client,
        )
        self._entries.append(entry)
        return entry

    def entries(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        since: int = 0,
        limit: int | None = None,
    ) -> list[Entry]:
        """Entries by method, by the beginning of the path, and after a number."""
        found = [
            entry
            for entry in self._entries
            if entry.number > since
            and (method is None or entry.method == method.upper())
            and (path is None or entry.path.startswith(path))
        ]
        return found if limit is None else found[max(0, len(found) - limit) :]

    def clear(self) -> None:
        self._entries.clear()


def _mask_header(name: str, value: str) -> str:
    if name not in _SECRET_HEADERS:
        return value
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASK}" if rest and name == "authorization" else MASK


def _mask_body(kind: str, body: bytes) -> str:
    if not body:
        return ""
    if kind.startswith("multipart/"):
        return f"<{len(body)} bytes of {kind.partition(';')[0]}>"
    text = body[:_BODY].decode("utf-8", "replace")
    if kind.startswith("application/x-www-form-urlencoded"):
        fields = parse_qsl(text, keep_blank_values=True)
        return urlencode([(k, MASK if k in _SECRET_FIELDS else v) for k, v in fields], safe="*")
    return _SECRET_JSON.sub(rf"\1{MASK}\2", text)
