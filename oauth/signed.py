"""Values that leave in a browser's hands and must come back unchanged. Pure."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from itsdangerous import TimestampSigner, URLSafeTimedSerializer


class _Signer(TimestampSigner):
    """Stamps with the moment it's given, since time is an argument."""

    def __init__(self, *args: Any, at: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def get_timestamp(self) -> int:
        return self._at


def serializer(keys: Sequence[bytes], salt: bytes, at: datetime) -> URLSafeTimedSerializer:
    """Make what signs with the last of the keys and checks with all; `salt` names the use."""
    return URLSafeTimedSerializer(
        list(keys),
        salt=salt,
        signer=_Signer,
        signer_kwargs={
            "at": int(at.timestamp()),
            "key_derivation": "hmac",
            "digest_method": sha256,
        },
    )
