"""How the vendor learns the account key at the end of a link. Pure.

A key in a URL ends up in browser histories and access logs. So it goes from server to server when
the vendor named a URL for it, else it is fetched with a one-time code; only tenants that opted in
have it in the redirect.
"""

import hmac
import json
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256

from oauth import callbacks
from storage.clock import iso_millis
from storage.repositories.links import Link
from storage.repositories.tenants import Tenant


class KeyDelivery(Enum):
    """The ways an account key, or the news that none is needed, reaches the vendor."""

    NO_KEY = auto()
    """Linked again under its key: the key stays, and only the news travels."""
    WEBHOOK = auto()
    CODE = auto()
    REDIRECT = auto()


def choose_delivery(link: Link, tenant: Tenant) -> KeyDelivery:
    """Say how the account key of a finished link travels."""
    if link.account_id is not None:
        return KeyDelivery.NO_KEY
    if link.webhook_callback_url is not None:
        return KeyDelivery.WEBHOOK
    return KeyDelivery.REDIRECT if tenant.key_in_redirect else KeyDelivery.CODE


def linked_url(
    link: Link,
    *,
    relinked: bool,
    code: str | None = None,
    account_key: str | None = None,
    signed_with: bytes | None = None,
    at: datetime,
) -> str | None:
    """Write where the browser goes after a success; None when it ends at a page of ours."""
    if link.callback_url is None:
        return None
    parameters: dict[str, str | None] = {
        "code": code,
        "accountKey": account_key,
        "relinked": "true" if relinked else None,
        "reference": link.reference,
    }
    carried = account_key or code
    if signed_with is not None and carried is not None:
        timestamp = str(int(at.timestamp()))
        parameters["timestamp"] = timestamp
        parameters["signature"] = sign(carried, timestamp, signed_with)
    return callbacks.with_parameters(link.callback_url, parameters)


def refused_url(link: Link, error: str, description: str) -> str | None:
    """Write where the browser goes when the link came to nothing; None is a page of ours."""
    url = link.cancel_callback_url or link.callback_url
    if url is None:
        return None
    return callbacks.with_parameters(
        url,
        {"error": error, "error_description": description, "reference": link.reference},
    )


def sign(carried: str, timestamp: str, secret: bytes) -> str:
    """Sign `carried.timestamp`, where `carried` is the account key or the one-time code.

    Hex HMAC-SHA256, keyed with the hex spelling of the tenant's signing secret as UTF-8 text;
    `timestamp` is in Unix seconds.
    """
    return hmac.new(secret.hex().encode(), f"{carried}.{timestamp}".encode(), sha256).hexdigest()


def linked_notice(
    target: str, *, account_key: str | None, reference: str | None, relinked: bool, at: datetime
) -> bytes:
    """Write the body of the ACCOUNT_LINKED notice as JSON."""
    return json.dumps(
        {
            "eventType": "ACCOUNT_LINKED",
            "accountKey": account_key,
            "targetSystem": target,
            "linkedDate": iso_millis(at),
            "reference": reference,
            "relinked": relinked,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
