"""Files in multipart bodies: JPEG, PNG and PDF."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from qonto_simulator.api import Call
from qonto_simulator.errors import refuse
from qonto_simulator.records.attachment import Attachment
from qonto_simulator.world import Books, World

_MEGABYTE = 1024 * 1024
FILE_LIMIT = 10 * _MEGABYTE
"""What one file of several may have."""
REQUEST_LIMIT = 15 * _MEGABYTE
"""What all files of a request may have together, or its only one."""
_SIGNATURES = {
    b"%PDF": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was sent."""

    name: str
    content: bytes

    @property
    def content_type(self) -> str | None:
        """By its first bytes; ``None`` when it is none of the accepted kinds."""
        return next(
            (kind for start, kind in _SIGNATURES.items() if self.content.startswith(start)), None
        )

    @property
    def problem(self) -> str | None:
        """Why the file can't be taken."""
        return self.problem_within(FILE_LIMIT)

    def problem_within(self, limit: int) -> str | None:
        if len(self.content) > limit:
            return "file is too large"
        return None if self.content_type else "file type is not supported"


async def read_parts(call: Call) -> list[tuple[str, str | File]]:
    """The parts of a multipart body in their order; 400 when it is not one."""
    kind = call.request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise refuse(400, "bad_request", "the body must be multipart/form-data")
    parts: list[tuple[str, str | File]] = []
    try:
        async with call.request.form(max_files=100, max_fields=200) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    parts.append((name, File(_name(value.filename), await value.read())))
                else:
                    parts.append((name, value))
    except HTTPException as problem:
        raise refuse(400, "bad_request", str(problem.detail)) from problem
    return parts


def _name(sent: str | None) -> str:
    """The file's name without folders."""
    name = (sent or "").replace("\\", "/").rpartition("/")[2]
    return "file" if name in ("", ".", "..") else name


def _store(world: World, books: Books, file: File, call: Call) -> Attachment:
    """Keeps an accepted file."""
    content = file.content
    kind = file.content_type or "application/octet-stream"
    return world.store_file(books, file.name, kind, lambda: content, call.now)


async def read_upload(call: Call) -> Attachment:
    """The one file of the part ``file``, stored; 422 when it can't be taken."""
    files = [value for name, value in await read_parts(call) if name == "file"]
    file = files[0] if files else None
    if not isinstance(file, File):
        raise refuse(422, "required", "file is required", pointer="/file")
    problem = file.problem_within(REQUEST_LIMIT)
    if problem is not None:
        raise refuse(422, "invalid", problem, pointer="/file")
    return _store(call.world, call.books, file, call)
