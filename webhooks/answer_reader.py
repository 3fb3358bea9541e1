"""Reads a receiver's answer, whose status alone decides what becomes of an attempt. Pure.

An HTTP client refuses an answer that breaks a rule, and with it the status that came first. Here a
rule that is broken later ends the reading, and nothing else: the status counts, and of the rest
whatever could be read. What costs more than it is worth is bounded, and a connection is used again
only after an answer that was in order.
"""

import re
from collections.abc import Generator, Iterator

MOST_HEAD = 64 * 1024
"""Bytes before the body, with interim answers."""

_MOST_HEADERS = 1_000
_LONGEST_FOLDED = 4_096
"""Characters of a header's value to which more lines are added."""

_STATUS = re.compile(rb"HTTP/(\d)(?:\.(\d))?[ \t]{1,8}([1-9]\d\d)(?=[ \t\r\n])", re.IGNORECASE)
_LONGEST_STATUS = 64
"""Bytes within which the code of a status line must end."""

_START = b"HTTP/"
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")
_LENGTH = re.compile(r"\d{1,15}", re.ASCII)

_Reading = Generator[None, None, bool]
"""Runs until more bytes are needed; its value says whether all was in order."""


class AnswerReader:
    """One answer, as far as it has come. `kept` and `most` are bytes of the body."""

    def __init__(self, *, kept: int, most: int) -> None:
        self.status: int | None = None
        """None until a status line has come that isn't an interim answer's."""
        self.headers: list[tuple[str, str]] = []
        self.is_untouched = True
        """Whether not a byte has come."""
        self.keeps_open = False
        """Whether the connection may be used again."""
        self._kept = kept
        self._most = most
        self._buffer = bytearray()
        self._at = 0
        self._size = 0
        self._left = MOST_HEAD + 2 * most
        """Bytes that are taken in at all: a body of tiny chunks is mostly not body."""
        self._body = bytearray()
        self._version = (1, 1)
        self._reading = self._answer()
        next(self._reading)

    @property
    def body(self) -> bytes:
        """The beginning of the body."""
        return bytes(self._body)

    def feed(self, data: bytes) -> bool:
        """Take in what came; return True once nothing more is to be read."""
        self.is_untouched = False
        self._buffer += data
        self._left -= len(data)
        try:
            next(self._reading)
        except StopIteration as stop:
            self.keeps_open = stop.value and self._at == len(self._buffer)
            return True
        return self._left < 0

    def values(self, name: str) -> Iterator[str]:
        """Yield the values of a header, whose name is given in lower case."""
        return (value for key, value in self.headers if key.lower() == name)

    def _answer(self) -> _Reading:
        yield  # what has come is looked at when it comes
        while True:
            if not (yield from self._status_line()):
                return False
            in_order = yield from self._header_lines()
            if in_order is None:
                return False
            if self.status is not None:
                return (yield from self._content()) and in_order
            self.headers.clear()  # an interim answer's

    def _status_line(self) -> _Reading:
        """Read a status line; the code counts as soon as it can't go on."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in b"\r\n":
                self._at += 1  # left over from the answer before
            found = _STATUS.match(self._buffer, self._at)
            if found:
                break
            start = bytes(self._buffer[self._at : self._at + len(_START)]).upper()
            if not _START.startswith(start) or len(self._buffer) - self._at > _LONGEST_STATUS:
                return False
            yield
        code = int(found[3])
        if code == 101 or code >= 200:
            self.status = code
            self._version = (int(found[1]), int(found[2] or 0))
        return (yield from self._line()) is not None

    def _header_lines(self) -> Generator[None, None, bool | None]:
        """Read headers to the empty line, and pass over what is none; None when there is no end."""
        in_order = True
        while True:
            started = self._at
            line = yield from self._line()
            if line is None:
                return None
            if not line:
                return in_order
            if self.status is None and _STATUS.match(line + b"\n"):
                self._at = started  # an interim answer without its empty line
                return True
            name, colon, value = line.partition(b":")
            if line[:1] in (b" ", b"\t") and self.headers:
                before, begun = self.headers[-1]
                if len(begun) < _LONGEST_FOLDED:
                    self.headers[-1] = before, f"{begun} {_text(line)}"
                in_order = False
            elif not colon:
                in_order = False
            elif len(self.headers) == _MOST_HEADERS:
                return None
            else:
                in_order &= _NAME.fullmatch(name) is not None
                self.headers.append((_text(name), _text(value)))

    def _line(self) -> Generator[None, None, bytes | None]:
        """Read up to the end of a line; None when the head is too long."""
        searched = self._at
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MOST_HEAD:
                return None
            yield
        if end > MOST_HEAD:
            return None
        line = bytes(self._buffer[self._at : end])
        self._at = end + 1
        return line.removesuffix(b"\r")

    def _content(self) -> _Reading:
        codings = [one for value in self.values("transfer-encoding") for one in _listed(value)]
        lengths = [one for value in self.values("content-length") for one in _listed(value)]
        persists = self._persists()
        if self.status in (204, 304):
            # what such an answer announces may still come, and would be taken for the next one
            return persists and not codings and set(lengths) <= {"0"}
        if codings:
            if codings[-1] == "chunked":
                return (yield from self._chunks()) and persists and not lengths
            return (yield from self._take(None))
        if not lengths:
            return (yield from self._take(None))
        if len(set(lengths)) > 1 or not _LENGTH.fullmatch(lengths[0]):
            # nothing says where it ends: what came along with the head is all that is kept
            yield from self._take(len(self._buffer) - self._at)
            return False
        return (yield from self._take(int(lengths[0]))) and persists and len(lengths) == 1

    def _persists(self) -> bool:
        wishes = {one for value in self.values("connection") for one in _listed(value)}
        if "close" in wishes or self.status == 101 or self._version[0] != 1:
            return False
        return self._version >= (1, 1) or "keep-alive" in wishes

    def _take(self, left: int | None) -> _Reading:
        """Read so many bytes of the body, or to its end with None; False when it's too long."""
        while left is None or left:
            here = len(self._buffer) - self._at
            if not here:
                self._drop()
                yield
                continue
            size = here if left is None else min(here, left)
            keep = min(size, self._kept - len(self._body))
            self._body += self._buffer[self._at : self._at + keep]
            self._at += size
            self._size += size
            if left is not None:
                left -= size
            if self._size >= self._most:
                return False
        return True

    def _chunks(self) -> _Reading:
        while True:
            self._drop()
            line = yield from self._line()
            found = None if line is None else _CHUNK.fullmatch(line)
            if found is None:
                return False
            size = int(found[1], 16)
            if not size:
                break
            if not (yield from self._take(size)):
                return False
            if (yield from self._line()) != b"":
                return False
        while (line := (yield from self._line())) is not None:
            if not line:
                return True
        return False

    def _drop(self) -> None:
        """Let go of what was read."""
        del self._buffer[: self._at]
        self._at = 0


def _listed(value: str) -> list[str]:
    return [one.strip().lower() for one in value.split(",")]


def _text(raw: bytes) -> str:
    return raw.strip().decode("utf-8", "surrogateescape")
