"""File names in headers, as RFC 6266 and RFC 8187 have them. Pure."""

import unicodedata
from urllib.parse import quote

_LONGEST = 120
_FORBIDDEN = frozenset('/\\:*?"<>|;%')
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/xml": ".xml",
    "text/xml": ".xml",
}


def attachment(name: str | None, media_type: str) -> str:
    """Return a Content-Disposition that has the file saved under a name without surprises.

    Folders, control and direction characters and leading dots are taken off; names beyond ASCII
    come twice, for old readers and for new ones.
    """
    safe = _safe(name or "") or f"document{_EXTENSIONS.get(media_type, '')}"
    plain = _ascii(safe)
    header = f'attachment; filename="{plain}"'
    return header if plain == safe else f"{header}; filename*=UTF-8''{quote(safe, safe='')}"


def plain_name(name: str | None, id: str) -> str:
    """Return a name under which a file can be written into a folder, whatever it was called."""
    return _safe(name or "") or id


def _safe(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    # category C: control, formatting (right-to-left marks among it), surrogates, unassigned
    kept = "".join(
        "_" if char in _FORBIDDEN else char
        for char in unicodedata.normalize("NFC", last)
        if unicodedata.category(char)[0] != "C" and unicodedata.category(char) not in ("Zl", "Zp")
    ).strip(" .")
    if len(kept) <= _LONGEST:
        return kept
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension) > 10:
        return kept[:_LONGEST]
    return f"{stem[: _LONGEST - len(extension) - 1]}.{extension}"


def _ascii(name: str) -> str:
    split = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in split if not unicodedata.combining(char))
    # some letters come apart into what a name may not have
    return "".join(
        char if char.isascii() and char.isprintable() and char not in _FORBIDDEN else "_"
        for char in plain
    )
