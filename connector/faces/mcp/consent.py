"""/mcp/consent: a person lets an assistant's client in, by entering both keys.

No script runs on the page. Its form comes back only from the browser that was shown it: with a
cookie that no other site can send, and a text that fits that cookie and this request alone.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oauth.assistant_clients import (
    CONSENT_LIFE,
    ConsentRequest,
    digest_of,
    is_mark_of,
    read_consent,
    write_mark,
)
from oauth.assistants import AccessWish, Assistants
from oauth.errors import PermissionDenied, UnauthorizedAccountKey, UnauthorizedApiKey
from oauth.pages.consent_texts import CONSENT_TEXTS, ConsentTexts
from oauth.pages.languages import choose_language
from oauth.pages.rendering import ConsentForm, consent_failed_page, consent_page
from storage.clock import Clock
from storage.sealing import KeyRing

PATH = "/mcp/consent"


@dataclass(frozen=True)
class ConsentPages:
    """What the page is served with."""

    assistants: Assistants
    ring: KeyRing
    clock: Clock
    public_url: str

    def routes(self) -> list[Route]:
        """Return where the page is."""
        return [
            Route(PATH, self.show, methods=["GET"]),
            Route(PATH, self.answer, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show who asks for what, and where the keys go."""
        given = request.query_params.get("request", "")
        wanted = self._read(given)
        texts = _texts(request)
        if wanted is None:
            return consent_failed_page(texts)
        return self._page(texts, wanted, given)

    async def answer(self, request: Request) -> Response:
        """Take what the person decided, and send the browser back to the client."""
        texts = _texts(request)
        try:
            form = await request.form(max_files=0, max_fields=10)
        except HTTPException:  # it is no form, or not ours
            return consent_failed_page(texts)
        given = _field(form, "request")
        wanted = self._read(given)
        if wanted is None or not self._is_own(request, form, given):
            return consent_failed_page(texts)
        if _field(form, "decision") != "allow":
            return self._back(wanted, given, error="access_denied")
        wish = AccessWish(
            wanted.client_digest, wanted.client_name, wanted.redirect_uri, wanted.challenge
        )
        may_write = wanted.asks_to_write and _field(form, "may_write") == "yes"
        try:
            code = await self.assistants.allow(
                wish,
                _field(form, "api_key").strip(),
                _field(form, "account_key").strip(),
                may_write=may_write,
            )
        except (UnauthorizedApiKey, UnauthorizedAccountKey):
            return self._page(texts, wanted, given, texts.wrong_keys, status=403)
        except PermissionDenied:
            return self._page(texts, wanted, given, texts.only_reads, status=403)
        return self._back(wanted, given, code=code)

    def _read(self, given: str) -> ConsentRequest | None:
        return read_consent(given, self._keys("consent"), at=self.clock())

    def _is_own(self, request: Request, form: FormData, given: str) -> bool:
        """Say whether the form was sent by the page that this browser was shown."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        cookie = request.cookies.get(_cookie_name(given))
        return is_mark_of(_field(form, "mark"), cookie, given, self._keys("mark"), at=self.clock())

    def _page(
        self,
        texts: ConsentTexts,
        wanted: ConsentRequest,
        given: str,
        problem: str | None = None,
        status: int = 200,
    ) -> Response:
        cookie = secrets.token_urlsafe(24)
        action = f"{self.public_url}{PATH}"
        form = ConsentForm(
            client=wanted.client_name,
            redirect_uri=wanted.redirect_uri,
            action=action,
            request=given,
            mark=write_mark(cookie, given, self._keys("mark"), at=self.clock()),
            asks_to_write=wanted.asks_to_write,
            problem=problem,
        )
        page = consent_page(texts, form, status=status)
        page.set_cookie(
            _cookie_name(given),
            cookie,
            max_age=int(CONSENT_LIFE.total_seconds()),
            path=urlsplit(action).path,
            secure=self.public_url.startswith("https:"),
            httponly=True,
            samesite="strict",
        )
        return page

    def _back(self, wanted: ConsentRequest, given: str, **told: str) -> Response:
        """Send the browser to the client, with a code or an error, and its state."""
        facts = {**told, "iss": self.public_url}
        if wanted.state is not None:
            facts["state"] = wanted.state
        parts = urlsplit(wanted.redirect_uri)
        query = "&".join(filter(None, (parts.query, urlencode(facts))))
        headers = {
            "Location": urlunsplit(parts._replace(query=query)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        response = Response(status_code=303, headers=headers)
        own = urlsplit(f"{self.public_url}{PATH}").path
        response.delete_cookie(_cookie_name(given), path=own)
        return response

    def _keys(self, purpose: str) -> list[bytes]:
        return list(self.ring.signing_keys(f"assistant-{purpose}"))


def _cookie_name(given: str) -> str:
    """Name a page's cookie: each its own, so that two tabs don't undo each other."""
    return f"assistant-{digest_of(given)[:16]}"


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _texts(request: Request) -> ConsentTexts:
    language = choose_language(request.headers.get("Accept-Language")).language
    return CONSENT_TEXTS[language]
