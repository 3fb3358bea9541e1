"""Ids as Qonto has them: UUIDs. Nothing else a caller writes gets into a path at Qonto."""

import re

from connector.errors import DocumentNotFound

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_id(text: str) -> bool:
    """Say whether a text has the form of Qonto's ids."""
    return _UUID.fullmatch(text) is not None


def known_id(text: str) -> str:
    """Answer an id that Qonto may know. Raises DocumentNotFound for anything but a UUID."""
    if not is_id(text):
        raise unknown_id()
    return text


def unknown_id(
    message: str = "Qonto knows no document of that id in this account.",
) -> DocumentNotFound:
    """Say that an id is not known."""
    return DocumentNotFound(message)
