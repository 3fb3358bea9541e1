"""Qonto's webhook: checking its signature and reading its event. Pure.

`X-Qonto-Signature: t=<unix seconds>,v1=<hex>` where v1 is HMAC-SHA256, keyed with the secret's own
text, over `t`, a dot and the raw body. Qonto's documentation: Webhooks, Setup; Supported events.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from connector.unified.event import UnreadableEvent, UpstreamEvent, Verdict

SIGNATURE_HEADER = "X-Qonto-Signature"
TOLERANCE = timedelta(minutes=5)
"""How far a signature's time may be from now."""

TOPICS: Mapping[str, tuple[str, ...]] = {
    "INVOICE": ("v1/client-invoices",),
    "CUSTOMER": ("v1/clients",),
    "CONTACT": ("v1/clients",),
    "ITEM": ("v1/products",),
    "TRANSACTION": ("v1/transactions",),
    "EXPENSE": ("v1/transactions",),
    "PAYMENT": ("v1/client-invoices",),
    "BOOKING_PROPOSAL": ("v1/client-invoices",),
    "BANK_ACCOUNT": ("v1/accounts",),
    "USER": ("v1/memberships",),
}
"""What can be subscribed to. There is no type for supplier invoices, quotes or credit notes.

Payments are what is paid on documents, so that events of invoices hint at them; and events of
transactions at expenses, which are some of them.
"""

SCOPES: Mapping[str, str | None] = {
    "v1/client-invoices": "client_invoices.read",
    "v1/clients": "organization.read",
    "v1/products": "product.read",
    "v1/transactions": "organization.read",
    "v1/accounts": "organization.read",
    "v1/memberships": None,
}
"""The scope that each type needs besides `webhook`."""

REVOCATION_TYPES = ("v1/consent-revocations",)

_RESOURCES = {
    "v1/client-invoices": "INVOICE",
    "v1/clients": "CUSTOMER",
    "v1/products": "ITEM",
    "v1/transactions": "TRANSACTION",
    "v1/accounts": "BANK_ACCOUNT",
    "v1/memberships": "USER",
    "v1/consent-revocations": "TOKEN",
}
_ALSO: Mapping[str, tuple[str, ...]] = {
    "v1/client-invoices": ("BOOKING_PROPOSAL",),
    "v1/clients": ("CONTACT",),
}
"""What else a record is, under the same id."""

_UNDATED = "v1/memberships"
"""The type whose records bear no date, so that a state is known by its content alone."""

_LISTED_ALONE = frozenset({"residence_country", "birthdate", "nationality", "birth_country", "ubo"})
"""What Qonto's list of members adds to a member, and neither its events nor a single one has."""

_EVENTS = {"created": "CREATED", "updated": "UPDATED", "deleted": "DELETED"}
_LONGEST_ID = 200
"""Characters; Qonto's have 36."""

_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


class _Data(msgspec.Struct, frozen=True):
    id: Any = None
    event: Any = None
    created_at: Any = None


class _Event(msgspec.Struct, frozen=True):
    id: Any = None
    type: Any = None
    subscription_id: Any = None
    organization_id: Any = None
    created_at: Any = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


_EVENT = msgspec.json.Decoder(_Event)
_DATA = msgspec.json.Decoder(_Data)
_FIELDS = msgspec.json.Decoder(dict[str, Any], float_hook=str)
_BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def is_signed(headers: Mapping[str, str]) -> bool:
    """Say whether there is a time, and a signature of the form that Qonto's have."""
    moment, signatures = _read_signature(_header(headers))
    return bool(moment and signatures)


def verify(
    headers: Mapping[str, str], raw_body: bytes, secrets: Sequence[str], now: datetime
) -> Verdict:
    """Check a signature against every secret, in constant time; `now` is aware.

    STALE means rightly signed but more than five minutes from now: worth believing that something
    happened, not worth acting on.
    """
    moment, signatures = _read_signature(_header(headers))
    if not moment or not signatures:
        return Verdict.MISSING
    message = moment.encode() + b"." + raw_body
    genuine = False
    for secret in secrets:
        expected = hmac.digest(secret.encode(), message, "sha256").hex().encode()
        for signature in signatures:
            genuine |= hmac.compare_digest(expected, signature.encode())
    if not genuine:
        return Verdict.FORGED
    if abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        return Verdict.STALE
    return Verdict.VALID


def read_event(raw_body: bytes) -> UpstreamEvent:
    """Read the envelope of an event; the document in it is left alone.

    Raises UnreadableEvent when the body is no JSON object with an id and a type.
    """
    try:
        event = _EVENT.decode(raw_body)
    except _BROKEN:
        raise UnreadableEvent("the body is not an event in JSON") from None
    event_id, event_type = _id(event.id), _text(event.type)
    if event_id is None or event_type is None:
        raise UnreadableEvent("the event has no id or no type")
    data = _read_data(event.data)
    revoked = event_type in REVOCATION_TYPES
    return UpstreamEvent(
        id=event_id,
        type=event_type,
        created_at=_moment(event.created_at),
        resource=_RESOURCES.get(event_type),
        resource_id=_id(data.id),
        event="REVOKED" if revoked else _EVENTS.get(_text(data.event) or ""),
        resource_created_at=_moment(data.created_at),
        organization_id=_text(event.organization_id),
        subscription_id=_text(event.subscription_id),
        version=fingerprint(bytes(event.data)) if event_type == _UNDATED else None,
        also=_ALSO.get(event_type, ()),
    )


def fingerprint(document: bytes) -> str | None:
    """Return a text that differs when a document does; None for what is no JSON object.

    Links are left out, since they may be signed anew each time, and so are an event's own word and
    what a list alone tells: a state is the same state wherever it is read.
    """
    try:
        fields = _FIELDS.decode(document)
    except _BROKEN:
        return None
    kept = {
        name: value
        for name, value in fields.items()
        if name != "event" and not name.endswith("url") and name not in _LISTED_ALONE
    }
    return hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()[:32]


def _read_data(raw: msgspec.Raw) -> _Data:
    try:
        return _DATA.decode(raw)
    except _BROKEN:
        return _Data()


def _header(headers: Mapping[str, str]) -> str:
    wanted = SIGNATURE_HEADER.lower()
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def _read_signature(header: str) -> tuple[str, list[str]]:
    moment, signatures = "", list[str]()
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and _SECONDS.fullmatch(value):
            moment = value
        elif name == "v1" and _SIGNATURE.fullmatch(value):
            signatures.append(value)
    return moment, signatures


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _id(value: object) -> str | None:
    """Read an id; what no database would take as one is none."""
    text = _text(value)
    return text if text and len(text) <= _LONGEST_ID and "\0" not in text else None


def _moment(value: object) -> datetime | None:
    text = _text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
