"""Files in multipart bodies: JPEG, PNG and PDF, and XML where invoices are imported."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from qonto_simulator.api import Call
from qonto_simulator.einvoices.opening import PDF, XML
from qonto_simulator.errors import refuse
from qonto_simulator.records.attachment import Attachment
from qonto_simulator.world import Books, World

FILE_LIMIT = 10 * 1024 * 1024
REQUEST_LIMIT = 15 * 1024 * 1024
"""What all files of a request may have together, and an attachment alone."""
_HEAD = 64
"""How many bytes are looked at for the first tag of an XML file."""
_SIGNATURES = {
    b"%PDF": PDF,
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""What text may begin with: byte order marks."""
SHOWN = frozenset(_SIGNATURES.values())
"""The kinds that people can look at."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was sent."""

    name: str
    content: bytes

    @property
    def content_type(self) -> str | None:
        """By its first bytes; ``None`` when it is no kind that is accepted anywhere."""
        for start, kind in _SIGNATURES.items():
            if self.content.startswith(start):
                return kind
        return XML if _begins_with_a_tag(self.content[:_HEAD]) else None

    def problem(self, kinds: Collection[str] = SHOWN, most: int = FILE_LIMIT) -> str | None:
        """Why the file can't be taken."""
        if len(self.content) > most:
            return "file is too large"
        return None if self.content_type in kinds else "file type is not supported"


def _begins_with_a_tag(head: bytes) -> bool:
    mark = next((one for one in _MARKS if head.startswith(one)), b"")
    return head[len(mark) :].lstrip(b" \t\r\n\0").startswith(b"<")


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


async def read_upload(call: Call, part: str = "file", most: int = FILE_LIMIT) -> Attachment:
    """The one file of a part, stored; 422 when it can't be taken."""
    files = [value for name, value in await read_parts(call) if name == part]
    file = files[0] if files else None
    if not isinstance(file, File):
        raise refuse(422, "required", f"{part} is required", pointer=f"/{part}")
    problem = file.problem(most=most)
    if problem is not None:
        raise refuse(422, "invalid", problem, pointer=f"/{part}")
    return _store(call.world, call.books, file, call)
