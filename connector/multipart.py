"""A multipart body that is read from its files while it is sent, as often as it is sent."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from connector.api.spooling import UploadedFile


@dataclass(frozen=True, slots=True)
class FormPart:
    """A part of the form: a text, or a file with its media type."""

    name: str
    value: str | UploadedFile
    content_type: str | None = None


def _boundary() -> str:
    return f"part-{secrets.token_hex(16)}"


@dataclass(frozen=True)
class MultipartBody:
    """The body of a request that brings these parts, in their order."""

    parts: Sequence[FormPart]
    boundary: str = field(default_factory=_boundary)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def size(self) -> int:
        """How many bytes are sent."""
        return sum(
            len(self._head(part)) + _size_of(part) + len(b"\r\n") for part in self.parts
        ) + len(self._end)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Stream the bytes, from the beginning each time."""
        for part in self.parts:
            yield self._head(part)
            if isinstance(part.value, str):
                yield part.value.encode()
            else:
                async for chunk in part.value.read():
                    yield chunk
            yield b"\r\n"
        yield self._end

    @property
    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()

    def _head(self, part: FormPart) -> bytes:
        head = f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"'
        if isinstance(part.value, UploadedFile):
            head += f'; filename="{_quoted(part.value.name)}"'
        if part.content_type is not None:
            head += f"\r\nContent-Type: {part.content_type}"
        return f"{head}\r\n\r\n".encode()


def _size_of(part: FormPart) -> int:
    return len(part.value.encode()) if isinstance(part.value, str) else part.value.size


def _quoted(text: str) -> str:
    """Return a text as forms quote it: what would end it or the line is written in percent."""
    return "".join(quote(sign) if sign in '"\r\n' else sign for sign in text)
