"""Multipart requests: fields as text, files spooled to disk, everything within bounds."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from connector.api.spooling import HEAD, Spool, UploadedFile, plain_name
from storage.errors import Invalid, ServiceError, StorageUnavailable

MULTIPART = "multipart/form-data"

_MOST_FIELDS = 50
_LONGEST_FIELD = 64 * 1024
_LONGEST_BOUNDARY = 200
_PENDING = 512 * 1024
"""Bytes that are gathered before they go to disk."""


class FileTooLarge(ServiceError):
    code = "FILE_TOO_LARGE"
    http_status = 413
    meaning = "a file has more bytes than may be uploaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRule:
    """What a multipart request may bring: files in parts of this name, and how much.

    `file_bytes` is kept of a file at most; `size` tells how large a larger one was. `also_json`
    says that the same call takes JSON alone. Without `many` there is exactly one file.
    """

    part: str
    file_bytes: int
    many: bool = False
    most_files: int = 1
    also_json: bool = False
    description: str = "The file."


@dataclass(frozen=True, slots=True)
class Form:
    """What a multipart request brought."""

    fields: Mapping[str, str]
    files: tuple[UploadedFile, ...]


def is_multipart(content_type: str) -> bool:
    """Say whether a request brings a form with files."""
    return content_type.partition(";")[0].strip().lower() == MULTIPART


@asynccontextmanager
async def read_form(request: Request, rule: UploadRule) -> AsyncGenerator[Form]:
    """Read a multipart request; its files are there while the block runs.

    Raises Invalid for what is no such request, or has too much of something.
    """
    content_type = request.headers.get("Content-Type", "")
    if not is_multipart(content_type):
        raise Invalid.one("body", "NOT_MULTIPART", f"The body is {MULTIPART}.")
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= _LONGEST_BOUNDARY:
        raise _broken()
    folder: str | None = getattr(request.app.state, "upload_folder", None)
    try:
        spool = await asyncio.to_thread(Spool, folder)
    except OSError:
        raise _no_room() from None
    try:
        reading = _Reading(rule, spool)
        parser = MultipartParser(boundary, reading.callbacks())
        try:
            async for chunk in request.stream():
                parser.write(chunk)
                if len(reading.pending) >= _PENDING:
                    await asyncio.to_thread(reading.save)
            parser.finalize()
            await asyncio.to_thread(reading.save)
        except (FormParserError, UnicodeDecodeError, ValueError):
            raise _broken() from None
        except OSError:
            raise _no_room() from None
        if not reading.is_whole:
            raise _broken()
        yield Form(reading.fields, tuple(reading.files))
    finally:
        await asyncio.to_thread(spool.close)


def _broken() -> Invalid:
    return Invalid.one("body", "NOT_MULTIPART", f"The body is no whole {MULTIPART}.")


def _no_room() -> StorageUnavailable:
    return StorageUnavailable("There is no room for uploaded files just now. Try again later.")


@dataclass
class _Reading:
    """What the parser has told so far."""

    rule: UploadRule
    spool: Spool
    fields: dict[str, str] = field(default_factory=dict[str, str])
    files: list[UploadedFile] = field(default_factory=list[UploadedFile])
    pending: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    _header: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))
    _disposition: bytes = b""
    _part: "_Part | None" = None

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": partial(self._add_header, 0),
            "on_header_value": partial(self._add_header, 1),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._add,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def save(self) -> None:
        """Write to disk what was gathered."""
        self.spool.write(bytes(self.pending))
        self.pending.clear()
        self.spool.flush()

    def _begin(self) -> None:
        self._disposition, self._part = b"", None

    def _add_header(self, which: int, data: bytes, start: int, end: int) -> None:
        self._header[which].extend(data[start:end])

    def _end_header(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            self._disposition = bytes(value)
        name.clear()
        value.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode()
        if not name:
            raise _broken()
        file_name = options.get(b"filename")
        if file_name is None:
            if len(self.fields) >= _MOST_FIELDS:
                raise Invalid.one("body", "TOO_MANY", f"A form has at most {_MOST_FIELDS} fields.")
            if name in self.fields:
                raise Invalid.one(name[:60], "REPEATED", f"{name[:60]!r} may come once.")
            self._part = _Part(name, None, 0)
            return
        rule = self.rule
        if name.removesuffix("[]") != rule.part:
            raise Invalid.one(
                name[:60], "NOT_ALLOWED", f"Files come in parts that are named {rule.part}."
            )
        if len(self.files) >= rule.most_files:
            raise Invalid.one(
                rule.part, "TOO_MANY_FILES", f"A request brings at most {rule.most_files} files."
            )
        start = self.spool.end + len(self.pending)
        # which is how browsers write a quote there
        given = file_name.decode("utf-8", "replace").replace("%22", '"')
        self._part = _Part(name, plain_name(given), start)

    def _add(self, data: bytes, start: int, end: int) -> None:
        part, piece = self._part, data[start:end]
        assert part is not None
        if part.file_name is None:
            if len(part.text) + len(piece) > _LONGEST_FIELD:
                raise Invalid.one(
                    part.name[:60], "TOO_LONG", f"A field has at most {_LONGEST_FIELD} bytes."
                )
            part.text += piece
            return
        part.digest.update(piece)
        part.head = part.head + piece[: HEAD - len(part.head)]
        self.pending += piece[: max(0, self.rule.file_bytes - part.size)]
        part.size += len(piece)

    def _end(self) -> None:
        part = self._part
        assert part is not None
        if part.file_name is None:
            self.fields[part.name] = part.text.decode()
            return
        kept = min(part.size, self.rule.file_bytes)
        self.files.append(
            UploadedFile(
                part.file_name,
                part.size,
                part.digest.hexdigest(),
                part.head,
                partial(self.spool.part, part.start, kept),
            )
        )

    def _finish(self) -> None:
        self.is_whole = True


@dataclass
class _Part:
    name: str
    file_name: str | None
    start: int
    text: bytearray = field(default_factory=bytearray)
    digest: Any = field(default_factory=hashlib.sha256)
    head: bytes = b""
    size: int = 0
