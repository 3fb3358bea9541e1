"""The signature of an event: ``X-Qonto-Signature: t=<unix seconds>,v1=<hex>``."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

HEADER = "X-Qonto-Signature"


def signature(secret: str, body: bytes, at: datetime) -> str:
    """HMAC-SHA256 over ``t.body``, keyed with the whole secret as UTF-8, prefix included."""
    stamp = int(at.timestamp())
    message = f"{stamp}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"
