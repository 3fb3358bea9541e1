"""Names and paths in a store: safe on every file system, whatever a provider calls its files."""

import hashlib
import mimetypes
import re
import unicodedata
from dataclasses import dataclass

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}", re.ASCII)
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]", re.IGNORECASE)
_KEPT = " ._-()"
_LONGEST = 100
"""Bytes of a name's beginning; file systems take 255 for a name."""
_SHORT = 8


@dataclass(frozen=True, slots=True)
class DocumentPaths:
    """Where a document is, and where the index has it, below the store's root."""

    content: str
    index: str


def paths_of(
    digest: str,
    account_id: str,
    resource: str,
    record_id: str,
    file_name: str | None,
    content_type: str,
) -> DocumentPaths:
    """Return where a document goes."""
    folder = "/".join(safe_id(one) for one in (account_id, resource, record_id))
    name = safe_name(file_name or "", digest, content_type)
    return DocumentPaths(content_path(digest), f"records/{folder}/{name}")


def content_path(digest: str) -> str:
    """Return where bytes of a digest are."""
    assert is_digest(digest)
    return f"content/{digest[:2]}/{digest}"


def is_digest(text: str) -> bool:
    """Say whether a text is a SHA-256 in hex."""
    return _DIGEST.fullmatch(text) is not None


def safe_id(text: str) -> str:
    """Return a name for an id. Ids that aren't plain get a hash, so that none shares a name."""
    if _PLAIN_ID.fullmatch(text) and not _RESERVED.fullmatch(text):
        return text
    told = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]
    # without dots: what begins with nul. is reserved as nul is
    return f"{_clean(text).replace('.', '_')[:20].strip() or 'id'}-{told}"


def safe_name(name: str, digest: str, content_type: str) -> str:
    """Return a file's name; two files of a record never share one."""
    stem, dot, ending = name.rpartition(".")
    if not stem or not _ENDING.fullmatch(dot + ending):
        stem, ending = name, mimetypes.guess_extension(content_type.split(";")[0].strip()) or ""
    else:
        ending = f".{ending}"
    stem = _cut(_clean(stem).strip(" ."))
    if not stem:
        stem = "document"
    if _RESERVED.fullmatch(stem.split(".")[0].strip()):
        stem = f"_{stem}"
    return f"{stem}-{digest[:_SHORT]}{ending.lower()}"


def _clean(text: str) -> str:
    """Return a text with letters, digits and some harmless signs; folders are no part of a name."""
    whole = unicodedata.normalize("NFC", text)
    return "".join(sign if sign.isalnum() or sign in _KEPT else "_" for sign in whole)


def _cut(text: str) -> str:
    return text.encode()[:_LONGEST].decode(errors="ignore").strip(" .")
