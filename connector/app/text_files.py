"""Small texts in files, as any editor on any system leaves them: keys, secrets, settings."""

import codecs
from pathlib import Path

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(path: Path) -> str:
    """Read a text without what surrounds it: a byte order mark, blanks, the ends of lines.

    Raises OSError, and ValueError for what is no text.
    """
    raw = path.read_bytes()
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decoded(raw.removeprefix(mark), encoding)
    return _decoded(raw, "utf-8")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError("is not a text in UTF-8; save it as one") from None
    if "\0" in text:  # UTF-16 without its mark, for one
        raise ValueError("is not a text in UTF-8; save it as one")
    return text.strip()
