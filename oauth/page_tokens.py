"""The address of a link page, and the cookie that ties a link to one browser. Pure.

Both hold ids only. An address is secret enough to be sent by mail: whoever opens it is told who
asks, and nothing is linked before the bank's own consent. The cookie is what a stolen callback
address lacks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from itsdangerous import BadData

from oauth.errors import PageExpired, PageInvalid
from oauth.signed import serializer

PAGE_LIFE = timedelta(hours=24)
_LONGEST = 1000
_PAGE = b"oauth.page"
_BROWSER = b"oauth.browser"


@dataclass(frozen=True, slots=True)
class BrowserMark:
    """A cookie by which this browser is known again, should it come back with the same link."""

    name: str
    value: str = field(repr=False)
    path: str
    max_age: timedelta
    is_secure: bool


def write_page_token(link_id: str, keys: Sequence[bytes], *, at: datetime) -> str:
    """Sign the id of a link page."""
    return str(serializer(keys, _PAGE, at).dumps(link_id))


def read_page_token(text: str, keys: Sequence[bytes], *, at: datetime) -> str:
    """Check a page's token and answer the link's id. Raises PageInvalid and PageExpired."""
    if not 0 < len(text) <= _LONGEST or not text.isascii():
        raise PageInvalid
    try:
        link_id, signed_at = serializer(keys, _PAGE, at).loads(text, return_timestamp=True)
    except BadData:
        raise PageInvalid from None
    if not isinstance(link_id, str):
        raise PageInvalid
    if at - signed_at > PAGE_LIFE:
        raise PageExpired
    return link_id


def cookie_name(link_id: str) -> str:
    """Name a link's cookie: each its own, so that two tabs don't undo each other."""
    return f"link-{link_id}"


def write_cookie(link_id: str, keys: Sequence[bytes], *, at: datetime) -> str:
    """Sign the value that only the browser which began this link is given."""
    return str(serializer(keys, _BROWSER, at).dumps(link_id))


def is_cookie_of(link_id: str, value: str | None, keys: Sequence[bytes], *, at: datetime) -> bool:
    """Say whether a browser presents this link's cookie."""
    if value is None or not 0 < len(value) <= _LONGEST or not value.isascii():
        return False
    try:
        return bool(serializer(keys, _BROWSER, at).loads(value) == link_id)
    except BadData:
        return False
