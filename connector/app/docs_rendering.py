"""The reference as a page for people and as text for language models.

The page fetches nothing: its style sheet and its script are in it, and its policy lets in just
these two, by their hashes.
"""

import json
from base64 import b64encode
from hashlib import sha256
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from connector.api.openapi_errors import ErrorCode, error_codes
from connector.app.docs import Reference
from connector.app.docs_prose import sections


def _compact(example: str) -> str:
    return json.dumps(json.loads(example), ensure_ascii=False)


_PAGES = Environment(
    loader=PackageLoader("connector.app", "docs_pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEXTS = _PAGES.overlay(autoescape=False)
_TEXTS.filters["compact"] = _compact
_SHEET = _TEXTS.get_template("docs.css").render()
_SCRIPT = _TEXTS.get_template("docs.js").render()


def page(reference: Reference) -> str:
    """Write the page as HTML."""
    return _PAGES.get_template("docs.html").render(
        reference=reference,
        sections=sections(reference.api),
        codes=_by_status(),
        sheet=_SHEET,
        script=_SCRIPT,
    )


def policy() -> str:
    """Return the page's Content-Security-Policy."""
    return (
        f"default-src 'none'; style-src {_hash(_SHEET)}; script-src {_hash(_SCRIPT)}; "
        "img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )


def text(reference: Reference) -> str:
    """Write llms.txt, in Markdown."""
    return _TEXTS.get_template("llms.txt").render(
        reference=reference, sections=sections(reference.api), codes=_by_status()
    )


def _by_status() -> list[tuple[int, list[ErrorCode]]]:
    codes = groupby(error_codes(), key=lambda one: one.status)
    return [(status, list(listed)) for status, listed in codes]


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
