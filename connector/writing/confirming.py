"""Consent to what can't be undone: a check shows what would come of it, a token says yes to that.

    check --> what would come of it, and a token --(within ten minutes)--> done once

A token is good for one request about a record as it was shown. It counts as the request's
Idempotency-Key where none is sent, so that sent twice it acts once.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from itsdangerous import BadData

from connector.errors import ConfirmationRequired, ConfirmationStale
from connector.writing.fingerprints import key_digest
from oauth.signed import serializer
from storage.clock import Clock
from storage.sealing import KeyRing

LIFE = timedelta(minutes=10)
"""How long what was shown may be acted on."""

_CLOCKS = timedelta(seconds=30)
"""How far the clocks of two processes may be apart."""

_SALT = b"writing.confirmation"
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is sent back to say yes."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What a caller says of an act that can't be undone. `is_needed`: without a token it's no."""

    token: str | None = None
    is_needed: bool = False


NOT_ASKED = Consent()
"""Of a write that can be undone, or whose caller has asked a person itself."""


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done: the request's fingerprint and key, and how the record looked."""

    account_id: str
    fingerprint: str
    key: str | None
    seen: str

    @property
    def digest(self) -> str:
        """The SHA-256, hex, of all that a token is good for."""
        whole = [self.account_id, self.fingerprint, key_digest(self.key), self.seen]
        return hashlib.sha256(msgspec.json.encode(whole)).hexdigest()


@dataclass(frozen=True)
class Confirmations:
    """Gives tokens out, and knows them again, in any process with the same keys."""

    ring: KeyRing
    clock: Clock

    def offer(self, act: Act) -> Confirmation:
        """Return the token that says yes to what was shown."""
        at = self.clock()
        token = str(serializer(self._keys, _SALT, at).dumps(act.digest))
        return Confirmation(token, at + LIFE)

    def check(self, consent: Consent, act: Act) -> None:
        """Raise ConfirmationRequired without a token where one is needed, ConfirmationStale else.

        A key that is the token itself wasn't there when the token was given out.
        """
        if consent.token is None:
            if consent.is_needed:
                raise ConfirmationRequired(
                    "This can't be undone. Send it with dryRun=true first, look at what would "
                    "come of it, and send it again with the confirmationToken you got."
                )
            return
        if act.key == consent.token:
            act = replace(act, key=None)
        if not self._is_of(consent.token, act):
            raise ConfirmationStale(
                "The confirmation token isn't for this: it is older than ten minutes, the record "
                "was changed since, or it was given for another request. Body, parameters and "
                "Idempotency-Key must be those of the dry run. Check it again with dryRun=true."
            )

    def _is_of(self, token: str, act: Act) -> bool:
        at = self.clock()
        if not 0 < len(token) <= _LONGEST or not token.isascii():
            return False
        try:
            digest, given_at = serializer(self._keys, _SALT, at).loads(token, return_timestamp=True)
        except BadData:
            return False
        return digest == act.digest and -_CLOCKS <= at - given_at <= LIFE

    @property
    def _keys(self) -> list[bytes]:
        return list(self.ring.signing_keys("confirmation"))
