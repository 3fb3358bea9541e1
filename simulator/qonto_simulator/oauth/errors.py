"""Error bodies in the style of Ory Hydra, which Qonto's authorization server is built on."""

from __future__ import annotations


class OAuthError(Exception):
    """``{"error": ..., "error_description": ...}`` with its status."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def document(self) -> dict[str, object]:
        return {"error": self.error, "error_description": self.description}


_GRANT = (
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or "
    "refresh token is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)
_CLIENT = (
    "Client authentication failed (e.g., unknown client, no client authentication included, or "
    "unsupported authentication method)."
)
_REQUEST = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a "
    "parameter more than once, or is otherwise malformed."
)


def invalid_grant(detail: str) -> OAuthError:
    return OAuthError("invalid_grant", f"{_GRANT} {detail}")


def invalid_client(detail: str) -> OAuthError:
    return OAuthError("invalid_client", f"{_CLIENT} {detail}", 401)


def invalid_request(detail: str) -> OAuthError:
    return OAuthError("invalid_request", f"{_REQUEST} {detail}")


def invalid_scope(scope: str) -> OAuthError:
    return OAuthError(
        "invalid_scope",
        "The requested scope is invalid, unknown, or malformed. The OAuth 2.0 Client is not "
        f"allowed to request scope '{scope}'.",
    )
