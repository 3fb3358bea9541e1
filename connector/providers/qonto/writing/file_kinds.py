"""Which files Qonto takes, told by their first bytes and their size. Pure."""

from collections.abc import Collection

from connector.api.spooling import UploadedFile
from connector.api.uploads import FileTooLarge
from connector.writing.problems import Problems

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"

MEGABYTE = 1024 * 1024
LARGEST_BILL = 10 * MEGABYTE
LARGEST_ATTACHMENT = 15 * MEGABYTE

_SIGNATURES = {b"%PDF-": PDF, b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG}
_NAMES = {PDF: "PDF", JPEG: "JPEG", PNG: "PNG"}


def kind_of(file: UploadedFile) -> str | None:
    """Return a file's media type; None for one that Qonto has no use for."""
    return next((kind for start, kind in _SIGNATURES.items() if file.head.startswith(start)), None)


def fault_of(file: UploadedFile, kinds: Collection[str], largest: int) -> tuple[str, str] | None:
    """Return the code and the words of what is wrong with a file."""
    if file.size > largest:
        return FileTooLarge.code, (
            f"{file.name} has {file.size} bytes; at most {largest} can be uploaded."
        )
    if not file.size:
        return "EMPTY_FILE", f"{file.name} is empty."
    if kind_of(file) not in kinds:
        names = ", ".join(_NAMES[kind] for kind in kinds)
        return "FILE_TYPE_NOT_ALLOWED", f"{file.name} is none of: {names}."
    return None


def check_file(
    file: UploadedFile, field: str, kinds: Collection[str], largest: int, problems: Problems
) -> None:
    """Note what is wrong with a file. Raises FileTooLarge."""
    fault = fault_of(file, kinds, largest)
    if fault is None:
        return
    code, message = fault
    if code == FileTooLarge.code:
        raise FileTooLarge(message)
    problems.add(field, code, message)
