"""``POST /oauth2/token`` and ``POST /oauth2/revoke``."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qonto_simulator.ids import IdSource
from qonto_simulator.tally import Tally
from qonto_simulator.world import World

from .applications import Applications, OAuthClient
from .errors import OAuthError, invalid_client, invalid_grant, invalid_request
from .grants import ACCESS_LIFE, Grants, Issued
from .oddities import Oddities

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenEndpoints:
    """Form bodies only; client credentials in the body, Basic taken as well."""

    def __init__(
        self,
        world: World,
        grants: Grants,
        applications: Applications,
        oddities: Oddities,
        tally: Tally,
    ) -> None:
        self._world = world
        self._grants = grants
        self._applications = applications
        self._oddities = oddities
        self._tally = tally

    async def token(self, request: Request) -> Response:
        try:
            form = await _form(request)
            grant_type = form.get("grant_type", "")
            self._tally.token_request(grant_type)
            client = self._authenticate(request, form)
            now = self._world.now()
            match grant_type:
                case "authorization_code":
                    issued = self._grants.exchange(
                        client,
                        _needed(form, "code"),
                        _needed(form, "redirect_uri"),
                        form.get("code_verifier"),
                        now,
                    )
                case "refresh_token":
                    asked = tuple(form.get("scope", "").split())
                    text = _needed(form, "refresh_token")
                    issued = self._grants.refresh(client, text, asked, now)
                case "":
                    raise invalid_request("The 'grant_type' is missing.")
                case other:
                    raise OAuthError(
                        "unsupported_grant_type",
                        f"The authorization grant type '{other}' is not supported.",
                    )
        except OAuthError as refusal:
            return _refused(refusal)
        document = self._oddities.shape(grant_type, self._document(issued, client, now))
        return JSONResponse(document, headers=_NO_STORE)

    def _document(self, issued: Issued, client: OAuthClient, now: datetime) -> dict[str, object]:
        document: dict[str, object] = {
            "access_token": issued.access_token,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "scope": " ".join(issued.scopes),
            "token_type": "bearer",
        }
        if "openid" in issued.scopes:
            document["id_token"] = _id_token(client, now, self._world.ids)
        if issued.refresh_token:
            document["refresh_token"] = issued.refresh_token
        return document

    async def revoke(self, request: Request) -> Response:
        try:
            form = await _form(request)
            client = self._authenticate(request, form)
            self._grants.revoke(client, _needed(form, "token"))
        except OAuthError as refusal:
            return _refused(refusal)
        return Response(status_code=200, headers=_NO_STORE)

    def _authenticate(self, request: Request, form: dict[str, str]) -> OAuthClient:
        id, secret = form.get("client_id", ""), form.get("client_secret", "")
        header = request.headers.get("authorization", "")
        if header.lower().startswith("basic "):
            try:
                pair = base64.b64decode(header[6:], validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as problem:
                raise invalid_client("The Authorization header can't be read.") from problem
            id, _, secret = pair.partition(":")
            id, secret = unquote_plus(id), unquote_plus(secret)
        client = self._applications.get(id)
        if client is None or not hmac.compare_digest(secret.encode(), client.secret.encode()):
            raise invalid_client(
                "The requested OAuth 2.0 Client does not exist or the secret is wrong."
            )
        return client


async def _form(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise invalid_request("The body must be application/x-www-form-urlencoded.")
    form = await request.form()
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in fields:
            raise invalid_request(f"The parameter '{name}' is there more than once.")
        if isinstance(value, str):
            fields[name] = value
    return fields


def _needed(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        problem = invalid_grant if name == "code" else invalid_request
        raise problem(f"The parameter '{name}' is missing.")
    return value


def _refused(refusal: OAuthError) -> Response:
    return JSONResponse(refusal.document(), status_code=refusal.status, headers=_NO_STORE)


def _id_token(client: OAuthClient, now: datetime, ids: IdSource) -> str:
    """An unsigned stand-in: the documentation names the token, not its claims."""

    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    expires = int((now + ACCESS_LIFE).timestamp())
    claims = f'{{"aud":["{client.id}"],"exp":{expires},"iat":{int(now.timestamp())}}}'
    header = part('{"alg":"none","typ":"JWT"}')
    return f"{header}.{part(claims)}.{ids.hexadecimal(16)}"
