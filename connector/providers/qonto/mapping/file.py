"""An attachment at Qonto as a unified file, without its content."""

from connector.providers.qonto.documents.attachments import Attachment
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.document import File
from connector.unified.mapped import Mapped

_LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader takes."""


def map_file(document: Attachment, calendar: Calendar) -> Mapped[File]:
    """Say an attachment in the unified model. Its link is left out: it dies within the hour."""
    del calendar
    notes = Notes("file", document)
    file = File(
        id=notes.id,
        file_name=notes.text(document.file_name),
        content_type=notes.text(document.file_content_type),
        size=_size_of(document, notes),
        created_date=notes.date("created_at", document.created_at),
    )
    return Mapped(file, tuple(notes.warnings))


def _size_of(document: Attachment, notes: Notes) -> int | None:
    size = notes.number("file_size", document.file_size)
    if size is None:
        return None
    if not 0 <= size <= _LARGEST or size != int(size):
        notes.warn("file_size is not a number of bytes")
        return None
    return int(size)
