"""OAuth 2.1 for assistants, as the Model Context Protocol asks: the SDK's endpoints over our rules.

    /.well-known/oauth-protected-resource/mcp   where tokens for /mcp come from
    /.well-known/oauth-authorization-server     what there is here
    /mcp/register, /mcp/authorize, /mcp/token, /mcp/revoke

A person consents at /mcp/consent. Clients are public: PKCE alone proves that a code is theirs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mcp.server.auth.handlers.authorize import AuthorizationHandler
from mcp.server.auth.handlers.metadata import MetadataHandler, ProtectedResourceMetadataHandler
from mcp.server.auth.handlers.register import RegistrationHandler
from mcp.server.auth.handlers.token import TokenHandler
from mcp.server.auth.middleware.client_auth import AuthenticationError, ClientAuthenticator
from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    AuthorizeError,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    RegistrationError,
    TokenError,
)
from mcp.server.auth.routes import cors_middleware
from mcp.server.auth.settings import ClientRegistrationOptions
from mcp.shared.auth import (
    OAuthClientInformationFull,
    OAuthMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)
from pydantic import AnyUrl
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector.api.operation import Permission
from oauth.assistant_clients import (
    AssistantClient,
    ConsentRequest,
    digest_of,
    plain_name,
    read_client,
    write_client,
    write_consent,
    wrong_with,
)
from oauth.assistants import ACCESS_LIFE, Assistants, AssistantTokens, Kind, Standing
from oauth.permissions import write_permissions
from storage.clock import Clock
from storage.sealing import KeyRing

SCOPES = [Permission.READ.value, Permission.WRITE.value]
KINDS: tuple[Kind, ...] = ("ACCESS", "REFRESH")
_HIDDEN = "a code or token"
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Code(AuthorizationCode):
    """The SDK's code, with ours."""

    standing: Any


class Refresh(RefreshToken):
    """The SDK's refresh token, with ours."""

    standing: Any


@dataclass(frozen=True)
class AssistantAuthorization(OAuthAuthorizationServerProvider[Code, Refresh, AccessToken]):
    """What the SDK's endpoints ask for."""

    assistants: Assistants
    ring: KeyRing
    clock: Clock
    public_url: str

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        client = read_client(client_id, self._keys("client"), at=self.clock())
        if client is None:
            return None
        return OAuthClientInformationFull.model_validate(
            {
                "client_id": client_id,
                "client_name": client.name,
                "redirect_uris": client.redirect_uris,
                "scope": client.scope,
                "token_endpoint_auth_method": "none",
            }
        )

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        uris = tuple(str(uri) for uri in client_info.redirect_uris or ())
        wrong = wrong_with(uris)
        if wrong is not None:
            raise RegistrationError("invalid_redirect_uri", wrong)
        client = AssistantClient(
            plain_name(client_info.client_name), uris, client_info.scope or " ".join(SCOPES)
        )
        client_info.client_id = write_client(client, self._keys("client"), at=self.clock())
        client_info.client_name = client.name
        client_info.scope = client.scope
        # a secret would have to be kept; with PKCE it would prove no more
        client_info.token_endpoint_auth_method = "none"  # noqa: S105
        client_info.client_secret = None
        client_info.client_secret_expires_at = None

    async def authorize(
        self, client: OAuthClientInformationFull, params: AuthorizationParams
    ) -> str:
        if params.resource is not None and params.resource.rstrip("/") != self.resource:
            raise AuthorizeError("invalid_target", f"tokens from here are for {self.resource}")
        asked = params.scopes or SCOPES
        request = write_consent(
            ConsentRequest(
                client_digest=digest_of(client.client_id),
                client_name=client.client_name or "",
                redirect_uri=str(params.redirect_uri),
                state=params.state,
                challenge=params.code_challenge,
                asks_to_write=Permission.WRITE in asked,
            ),
            self._keys("consent"),
            at=self.clock(),
        )
        if request is None:
            raise AuthorizeError("invalid_request", "the state is too long")
        return f"{self.public_url}/mcp/consent?request={request}"

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> Code | None:
        digest = digest_of(client.client_id)
        found = await self.assistants.find(authorization_code, "CODE", digest)
        if found is None:
            return None
        return Code(
            code=_HIDDEN,
            scopes=_scopes(found),
            # it holds, as was just checked; the SDK looks at a clock of its own
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=found.token.challenge or "",
            redirect_uri=AnyUrl(found.token.redirect_uri or ""),
            redirect_uri_provided_explicitly=True,
            resource=self.resource,
            standing=found,
        )

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: Code
    ) -> OAuthToken:
        made = await self.assistants.exchange(authorization_code.standing)
        return _told(made, "the code was used before, and everything it stood for has ended")

    async def load_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: str
    ) -> Refresh | None:
        found = await self.assistants.find(refresh_token, "REFRESH", digest_of(client.client_id))
        if found is None:
            return None
        return Refresh(
            token=_HIDDEN, client_id=client.client_id, scopes=_scopes(found), standing=found
        )

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: Refresh, scopes: list[str]
    ) -> OAuthToken:
        made = await self.assistants.exchange(refresh_token.standing)
        return _told(made, "the token was used before, and everything it stood for has ended")

    async def load_access_token(self, token: str) -> AccessToken | None:
        """Return nothing: only the door looks at these tokens, and `revoke` at whose they are."""
        del token
        return None

    async def revoke_token(self, token: AccessToken | Refresh) -> None:
        if isinstance(token, Refresh):
            await self.assistants.revoke(token.standing.grant)

    async def revoke(self, request: Request) -> Response:
        """End what a token of the client stands for; one that holds no more is fine (RFC 7009).

        The SDK's own endpoint wants a secret, and to know the client of an access token.
        """
        try:
            client = await ClientAuthenticator(self).authenticate_request(request)
        except AuthenticationError as error:
            told = {"error": "invalid_client", "error_description": error.message}
            return JSONResponse(told, 401, _NO_STORE)
        token = (await request.form()).get("token")
        if not isinstance(token, str):
            told = {"error": "invalid_request", "error_description": "the token is missing"}
            return JSONResponse(told, 400, _NO_STORE)
        for kind in KINDS:
            found = await self.assistants.find(token, kind, digest_of(client.client_id))
            if found is not None:
                await self.assistants.revoke(found.grant)
        return Response(status_code=200, headers=_NO_STORE)

    @property
    def resource(self) -> str:
        """What tokens from here are for."""
        return f"{self.public_url}/mcp"

    def _keys(self, purpose: str) -> list[bytes]:
        return list(self.ring.signing_keys(f"assistant-{purpose}"))


def authorization_routes(provider: AssistantAuthorization) -> list[Route]:
    """Return the routes of the SDK's endpoints, at addresses of ours."""
    public = provider.public_url
    authenticator = ClientAuthenticator(provider)
    options = ClientRegistrationOptions(enabled=True, valid_scopes=SCOPES, default_scopes=SCOPES)
    resource = ProtectedResourceMetadata.model_validate(
        {
            "resource": provider.resource,
            "authorization_servers": [public],
            "scopes_supported": SCOPES,
            "resource_name": "Qonto connector",
        }
    )
    own, system = ProtectedResourceMetadataHandler(resource), MetadataHandler(_metadata(public))
    return [
        _open("/.well-known/oauth-protected-resource/mcp", own.handle, "GET"),
        _open("/.well-known/oauth-protected-resource", own.handle, "GET"),
        _open("/.well-known/oauth-authorization-server", system.handle, "GET"),
        Route("/mcp/authorize", AuthorizationHandler(provider).handle, methods=["GET", "POST"]),
        _open("/mcp/token", TokenHandler(provider, authenticator).handle, "POST"),
        _open("/mcp/register", RegistrationHandler(provider, options).handle, "POST"),
        _open("/mcp/revoke", provider.revoke, "POST"),
    ]


def _open(path: str, handler: Callable[..., Any], method: str) -> Route:
    """Make the route of an endpoint that clients in browsers may call."""
    methods = [method, "OPTIONS"]
    return Route(path, cors_middleware(handler, methods), methods=methods)


def _metadata(public: str) -> OAuthMetadata:
    """Say what there is. Addresses are texts: a model of one would add a slash to an issuer."""
    own = f"{public}/mcp"
    return OAuthMetadata.model_validate(
        {
            "issuer": public,
            "authorization_endpoint": f"{own}/authorize",
            "token_endpoint": f"{own}/token",
            "registration_endpoint": f"{own}/register",
            "revocation_endpoint": f"{own}/revoke",
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


def _scopes(found: Standing) -> list[str]:
    return write_permissions(found.permissions).split()


def _told(made: AssistantTokens | None, otherwise: str) -> OAuthToken:
    if made is None:
        raise TokenError("invalid_grant", otherwise)
    return OAuthToken(
        access_token=made.access,
        refresh_token=made.refresh,
        expires_in=int(ACCESS_LIFE / timedelta(seconds=1)),
        scope=write_permissions(made.permissions),
    )
