"""Where links end in the sandbox: a page that says what happened, and what comes next."""

import json
import shlex
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

PATH = "/linked"

_PAGES = Environment(
    loader=PackageLoader("connector.app", "sandbox_pages"),
    autoescape=True,
    undefined=StrictUndefined,
)
_SHEET = _PAGES.overlay(autoescape=False).get_template("linked.css").render()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_SHEET.encode()).digest()).decode()}'"
    "; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True, slots=True)
class NextCall:
    """Something to do next, in a shell."""

    says: str
    command: str


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """How a link ended."""

    title: str
    told: str
    steps: tuple[NextCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Landing:
    """Returns the browser at the end of a link, for a vendor with this key."""

    api: str
    api_key: str = field(repr=False)

    @property
    def app(self) -> Starlette:
        """Return what serves the page."""
        return Starlette(routes=[Route(PATH, self._land)])

    def read(self, query: Mapping[str, str]) -> LinkEnd:
        """Tell how a link ended from what was added to the callback URL. Pure."""
        if "error" in query:
            why = query.get("error_description") or query["error"]
            return LinkEnd(
                "Not linked",
                f"The customer didn't allow it, or Qonto refused: {why}. No account and no key was "
                "made.",
                (NextCall("Ask for another link", self._asking()),),
            )
        if "code" in query:
            body = json.dumps({"code": query["code"]})
            exchange = (
                f"curl -sS -X POST {self._authorized('/auth/exchange')} -d {shlex.quote(body)}"
            )
            return LinkEnd(
                "Linked",
                "The customer allowed it, and the account is linked. The callback URL was given a "
                "one-time code, which is good for five minutes.",
                (
                    NextCall("Exchange the code for the account key", exchange),
                    NextCall("Read with the accountKey of the answer", self._reading("acc_...")),
                ),
            )
        if "accountKey" in query:
            return LinkEnd(
                "Linked",
                "The customer allowed it, and the account is linked. The account key is in the "
                "callback URL, as you asked.",
                (NextCall("Read with it", self._reading(query["accountKey"])),),
            )
        return LinkEnd(
            "No key is in this address",
            "If a link ended here, the account is linked, and its key was posted to the "
            "webhookCallbackUrl that the link was asked for with. If none did, ask for one.",
            (
                NextCall("Read with the accountKey of that notice", self._reading("acc_...")),
                NextCall("Ask for a link, and open it in a browser", self._asking()),
            ),
        )

    async def _land(self, request: Request) -> Response:
        page = _PAGES.get_template("linked.html").render(
            end=self.read(request.query_params), sheet=_SHEET, api=self.api
        )
        return HTMLResponse(
            page,
            headers={
                "Cache-Control": "no-store",
                "Content-Security-Policy": _POLICY,
                "Referrer-Policy": "no-referrer",
            },
        )

    def _authorized(self, path: str) -> str:
        return f"{shlex.quote(self.api + path)} -H {shlex.quote(f'X-API-KEY: {self.api_key}')}"

    def _reading(self, account_key: str) -> str:
        key = shlex.quote(f"X-ACCOUNT-KEY: {account_key}")
        return f"curl -sS {self._authorized('/accounting/invoices?limit=5')} -H {key}"

    def _asking(self) -> str:
        return f"curl -sS {self._authorized('/auth/qonto-sandbox')}"
