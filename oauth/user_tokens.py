"""JSON Web Tokens for users: signed with Ed25519, by a key that comes from the master key.

Every process with the same master keys takes them; while an older master key is at hand, those it
signed are taken too. RFC 9864 writes this algorithm `Ed25519`, where RFC 8037 wrote `EdDSA`.
"""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from oauth.errors import UnauthorizedUser
from storage.clock import Clock
from storage.ids import new_id
from storage.sealing import KeyRing

LIFE = timedelta(hours=1)
CLOCKS = timedelta(seconds=30)
"""How far the clocks of two processes may be apart."""

_ALGORITHM = "Ed25519"
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token just made."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class UserTokens:
    """Makes tokens, and knows them again."""

    ring: KeyRing
    issuer: str
    audience: str
    clock: Clock

    def issue(self, user_id: str) -> IssuedToken:
        """Return a token that stands for a user."""
        at = self.clock()
        until = at + LIFE
        key = self._keys[-1]
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": user_id,
            "iat": int(at.timestamp()),
            "exp": int(until.timestamp()),
            "jti": new_id("jwt", at),
        }
        header = {"alg": _ALGORITHM, "kid": key.kid}
        return IssuedToken(jwt.encode(header, claims, key, algorithms=[_ALGORITHM]), until)

    def read(self, token: str) -> str:
        """Return the id of the user that a token stands for. Raises UnauthorizedUser."""
        if len(token) > _LONGEST or not token.isascii():
            raise UnauthorizedUser
        try:
            # the list of algorithms is ours: `none` and keys taken for secrets fall through here
            found = jwt.decode(token, self._public, algorithms=[_ALGORITHM])
            self._claims.validate(found.claims)
        except (JoseError, ValueError, TypeError):
            raise UnauthorizedUser from None
        return str(found.claims["sub"])

    @property
    def _claims(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self.clock().timestamp()),
            leeway=int(CLOCKS.total_seconds()),
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        )

    @cached_property
    def _keys(self) -> list[OKPKey]:
        """The key of each master key, the one that signs last."""
        return [_key(seed) for seed in self.ring.signing_keys("user tokens")]

    @cached_property
    def _public(self) -> KeySet:
        return KeySet(list(self._keys))


def _key(seed: bytes) -> OKPKey:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key = OKPKey.import_key(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": _text(private.public_key().public_bytes_raw()),
            "d": _text(seed),
            "use": "sig",
            "alg": _ALGORITHM,
        }
    )
    key.ensure_kid()
    return key


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
