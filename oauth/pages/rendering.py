"""From what is to be told to a page: templates, texts and headers.

Nothing is fetched by a page and no script runs in it; the policy says so, and lets in this page's
own style sheets by their hashes.
"""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from oauth.hosted import Invitation
from oauth.link_endings import Ending, LinkOutcome
from oauth.pages.consent_texts import ConsentTexts
from oauth.pages.style import PageTheme
from oauth.pages.texts import Texts

_ENVIRONMENT = Environment(
    loader=PackageLoader("oauth.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SHEET = _ENVIRONMENT.get_template("page.css").render()
_STATUS = {LinkOutcome.LINKED: 200, LinkOutcome.CANCELED: 200, LinkOutcome.FAILED: 400}


def link_page(
    texts: Texts, style: PageTheme, invitation: Invitation, *, action: str
) -> HTMLResponse:
    """Tell who asks and for what; `action` is where the button posts to."""
    names = {"name": style.name, "provider": invitation.provider}
    return _page(
        "link.html",
        texts,
        style,
        names,
        # Browsers hold `form-action` against every redirect that follows, and the provider's
        # log-in may be at a host of its own: so any by TLS, and the provider itself in any case.
        form_action=f"'self' https: {_origin(invitation.goes_to)}",
        invitation=invitation,
        action=action,
    )


def ending_page(texts: Texts, style: PageTheme, ending: Ending) -> HTMLResponse:
    """Tell how a link ended, and what to do next."""
    names = {"name": style.name, "provider": ending.provider}
    heading = {
        LinkOutcome.LINKED: texts.linked_title,
        LinkOutcome.CANCELED: texts.canceled_title,
        LinkOutcome.FAILED: texts.failed_title,
    }[ending.outcome]
    status = _STATUS[ending.outcome]
    return _page("ending.html", texts, style, names, status=status, ending=ending, heading=heading)


def problem_page(texts: Texts, code: str, *, status: int) -> HTMLResponse:
    """Tell why a link leads nowhere, when not even its tenant is known."""
    return _page("problem.html", texts, PageTheme(""), {}, status=status, code=code)


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """What a page of consent shows, and what its form brings back. `problem` is told above it."""

    client: str
    redirect_uri: str
    action: str
    request: str
    mark: str
    asks_to_write: bool
    problem: str | None = None


def consent_page(texts: ConsentTexts, form: ConsentForm, *, status: int = 200) -> HTMLResponse:
    """Ask a person for both keys, and whether an assistant's client may act with them."""
    place = _place(form.redirect_uri)
    return _page(
        "consent.html",
        texts,
        PageTheme(""),
        {"client": form.client, "place": place},
        # where the answer to the form sends the browser on to is held against this too
        form_action=f"'self' {place}",
        status=status,
        action=form.action,
        request=form.request,
        mark=form.mark,
        asks_to_write=form.asks_to_write,
        problem=form.problem,
    )


def consent_failed_page(texts: ConsentTexts) -> HTMLResponse:
    """Tell that a page of consent is too old, or wasn't made here."""
    return _page("consent_failed.html", texts, PageTheme(""), {}, status=400)


def _page(
    template: str,
    texts: Texts | ConsentTexts,
    style: PageTheme,
    names: dict[str, str],
    *,
    status: int = 200,
    form_action: str = "'none'",
    **facts: Any,
) -> HTMLResponse:
    sheets = [sheet for sheet in (_SHEET, style.css()) if sheet]

    def say(sentence: str) -> str:
        return sentence.format(**names)

    body = _ENVIRONMENT.get_template(template).render(
        texts=texts, style=style, sheets=sheets, say=say, **facts
    )
    hashes = " ".join(f"'sha256-{_hash(sheet)}'" for sheet in sheets)
    policy = (
        f"default-src 'none'; style-src {hashes}; img-src data:; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Language": texts.language,
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex",
    }
    return HTMLResponse(body, status, headers)


def _hash(sheet: str) -> str:
    return b64encode(sha256(sheet.encode()).digest()).decode()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _place(redirect_uri: str) -> str:
    """Return the origin of an address, or the scheme of one that opens a program."""
    parts = urlsplit(redirect_uri)
    return _origin(redirect_uri) if parts.scheme in ("http", "https") else f"{parts.scheme}:"
