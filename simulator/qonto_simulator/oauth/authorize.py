"""``GET /oauth2/auth`` and the pages it leads through: log-in, code, organisation, consent."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from qonto_simulator.pages import page
from qonto_simulator.records.organisation import Membership
from qonto_simulator.scopes import DESCRIPTIONS, allowed, refused, split
from qonto_simulator.world import Books, World

from .applications import Applications, OAuthClient
from .errors import OAuthError, invalid_request, invalid_scope
from .grants import Family, Grants

SMS_CODE = "123456"
COOKIE = "oauth2_authentication_csrf"
FLOW_LIFE = timedelta(minutes=30)

Step = Literal["login", "code", "organization", "consent"]
_HEADINGS: dict[Step, str] = {
    "login": "Log in to Qonto",
    "code": "Confirm that it is you",
    "organization": "Choose an organisation",
    "consent": "Allow access?",
}


@dataclass(frozen=True, slots=True)
class TestUser:
    """The person whom the pages come filled in with; every member has the same password."""

    username: str
    password: str


@dataclass(slots=True)
class Flow:
    """One visit to the authorization page."""

    id: str
    csrf: str
    client: OAuthClient
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str | None
    expires: datetime
    organisation_id: str | None
    username: str = ""
    step: Step = "login"


class AuthorizePages:
    """Checks the request, asks the person, and sends the browser back with a code or an error.

    An unknown client or a redirect address that is not registered exactly so gets a plain 404 and
    no redirect. Every other complaint travels to the redirect address as ``error``.
    """

    def __init__(
        self, world: World, grants: Grants, applications: Applications, user: TestUser
    ) -> None:
        self._world = world
        self._grants = grants
        self._applications = applications
        self._user = user
        self._flows: dict[str, Flow] = {}

    async def start(self, request: Request) -> Response:
        query = request.query_params
        client = self._applications.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is None or redirect_uri not in client.redirect_uris:
            return PlainTextResponse("404 page not found", status_code=404)
        state = query.get("state", "")
        try:
            flow = self._open(request, client, redirect_uri, state)
        except OAuthError as refusal:
            return _back(redirect_uri, state, **{k: str(v) for k, v in refusal.document().items()})
        self._flows[flow.id] = flow
        answer = self._show(flow)
        answer.set_cookie(COOKIE, flow.csrf, httponly=True, samesite="lax", path="/oauth2")
        return answer

    def _open(self, request: Request, client: OAuthClient, redirect_uri: str, state: str) -> Flow:
        query = request.query_params
        if query.get("response_type") != "code":
            raise OAuthError(
                "unsupported_response_type",
                "The authorization server does not support obtaining a token using this method.",
            )
        if len(state) < 8:
            raise OAuthError(
                "invalid_state",
                "The state is missing or does not have enough characters and is therefore "
                "considered too weak. Request parameter 'state' must be at least be 8 characters "
                "long to ensure sufficient entropy.",
            )
        scopes = split(query.get("scope", ""))
        if not scopes:
            raise OAuthError("invalid_scope", "The parameter 'scope' is missing.")
        open_to_it = allowed(may_trust=self._world.quirks.may_trust)
        wrong = refused(scopes, open_to_it)
        if wrong is not None:
            if self._world.quirks.strict_scopes:
                raise invalid_scope(wrong)
            scopes = tuple(scope for scope in scopes if scope in open_to_it)
        challenge = query.get("code_challenge") or None
        method = query.get("code_challenge_method", "plain" if challenge else "S256")
        if method != "S256":
            raise invalid_request("Clients must use code_challenge_method=S256.")
        known = query.get("organization_id")
        now = self._world.now()
        return Flow(
            id=self._world.ids.hexadecimal(32),
            csrf=self._world.ids.hexadecimal(32),
            client=client,
            redirect_uri=redirect_uri,
            scopes=scopes,
            state=state,
            challenge=challenge,
            expires=now + FLOW_LIFE,
            organisation_id=known if known in self._world.books else None,
        )

    async def proceed(self, request: Request) -> Response:
        """``GET`` shows the present step of a flow, ``POST`` takes its answers."""
        form = request.query_params if request.method == "GET" else await request.form()
        flow = self._flows.get(str(form.get("flow", "")))
        if flow is None or self._world.now() > flow.expires:
            return _message("This page has expired", "Start again from the application.", 410)
        cookie = request.cookies.get(COOKIE, "")
        if not hmac.compare_digest(cookie.encode(), flow.csrf.encode()):
            return _message(
                "This request can't be trusted",
                "The CSRF value is missing or belongs to another log-in in this browser.",
                403,
            )
        if request.method == "GET":
            return self._show(flow)
        if form.get("csrf") != flow.csrf or form.get("step") != flow.step:
            return self._show(flow, "That page was out of date; this is the present one.", 409)
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return self._answer(flow, fields)

    def _answer(self, flow: Flow, fields: dict[str, str]) -> Response:
        match flow.step:
            case "login":
                username = fields.get("username", "").strip().lower()
                memberships = self._world.memberships_of(username)
                if not memberships or fields.get("password", "") != self._user.password:
                    return self._show(flow, "E-mail or password is wrong.", 401)
                flow.username, flow.step = username, "code"
                if flow.organisation_id not in memberships:
                    flow.organisation_id = None
            case "code":
                if fields.get("code", "").strip() != SMS_CODE:
                    return self._show(flow, "That code is wrong. It is 123456.", 401)
                flow.step = "consent" if flow.organisation_id else "organization"
            case "organization":
                if fields.get("organization_id", "") not in self._memberships(flow):
                    return self._show(flow, "Choose one of the organisations.", 400)
                flow.organisation_id = fields["organization_id"]
                flow.step = "consent"
            case "consent":
                return self._decide(flow, fields.get("action", ""))
        return RedirectResponse(f"/oauth2/auth/continue?flow={flow.id}", status_code=303)

    def _decide(self, flow: Flow, action: str) -> Response:
        if action not in ("allow", "deny"):
            return self._show(flow, "Choose to allow or to deny.", 400)
        books, person = self._books(flow), self._memberships(flow).get(flow.organisation_id or "")
        if action == "allow" and person is None:
            return self._show(flow, "You are no member of this organisation any more.", 403)
        del self._flows[flow.id]
        if action == "deny" or person is None:
            return _back(
                flow.redirect_uri,
                flow.state,
                error="access_denied",
                error_description="The resource owner denied the request.",
            )
        family = Family(
            id=self._world.ids.hexadecimal(32),
            client_id=flow.client.id,
            organisation_id=books.organisation.id,
            membership_id=person.id,
            scopes=flow.scopes,
        )
        code = self._grants.issue_code(family, flow.redirect_uri, flow.challenge, self._world.now())
        back = _back(flow.redirect_uri, flow.state, code=code, scope=" ".join(flow.scopes))
        if self._world.quirks.callback_twice:
            return page("twice.html", callback=back.headers["location"])
        return back

    def _memberships(self, flow: Flow) -> dict[str, Membership]:
        return self._world.memberships_of(flow.username)

    def _books(self, flow: Flow) -> Books:
        return self._world.books_of(flow.organisation_id)

    def _show(self, flow: Flow, problem: str = "", status: int = 200) -> HTMLResponse:
        target = urlsplit(flow.redirect_uri)
        return page(
            "authorize.html",
            status=status,
            heading=_HEADINGS[flow.step],
            problem=problem,
            flow=flow,
            username=self._user.username,
            password=self._user.password,
            usernames=self._world.usernames,
            organisations=[self._world.books[id].organisation for id in self._memberships(flow)],
            organisation=self._books(flow).organisation,
            application=flow.client.name,
            scopes=[(scope, DESCRIPTIONS[scope]) for scope in flow.scopes],
            destination=f"{target.scheme}://{target.netloc}",
        )

    def clear(self) -> None:
        self._flows.clear()


def _back(redirect_uri: str, state: str, **values: str) -> Response:
    joint = "&" if urlsplit(redirect_uri).query else "?"
    query = urlencode({**values, "state": state})
    return RedirectResponse(f"{redirect_uri}{joint}{query}", status_code=303)


def _message(heading: str, text: str, status: int) -> Response:
    return page("message.html", status=status, heading=heading, text=text)
