"""What the delivery log keeps of an attempt: headers and the beginning of the answer. Pure.

Nothing that proves anything is kept: signatures are taken out, also where a receiver repeats them,
and so is whatever a receiver's header calls a cookie, a token or a key.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

MOST_BODY = 2048
"""Bytes of an answer that are kept."""

REDACTED = "[redacted]"

_SIGNATURES = frozenset({"webhook-signature", "x-maesn-signature"})
_SECRET = re.compile(r"auth|cookie|credential|key|passw|secret|session|signature|token", re.I)
_MOST_HEADERS = 50
_MOST_VALUE = 256
_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)]) | {9: "\t", 10: "\n"}

_encode = msgspec.json.Encoder().encode


def request_headers(headers: Mapping[str, str]) -> str:
    """Write what was sent as JSON, without its signatures."""
    return _encode(
        {
            name: REDACTED if name.lower() in _SIGNATURES else value
            for name, value in headers.items()
        }
    ).decode()


def proofs(headers: Mapping[str, str]) -> list[str]:
    """List the signatures in what was sent, one by one, as a receiver might repeat them."""
    return [
        one.removeprefix("v1,")
        for name, value in headers.items()
        if name.lower() in _SIGNATURES
        for one in value.split()
    ]


def response_headers(headers: Iterable[tuple[str, str]], secrets: Iterable[str] = ()) -> str:
    """Write the answer's headers as JSON: the first 50, each up to 256 characters.

    What occurs more than once is joined with a comma; `secrets` are taken out of the values.
    """
    kept: dict[str, str] = {}
    for number, (name, value) in enumerate(headers):
        if number == _MOST_HEADERS:
            break
        name, is_secret = _named(name[:_MOST_VALUE])
        shown = REDACTED if is_secret else _clean(value[:_MOST_VALUE], secrets)
        kept[name] = f"{kept[name]}, {shown}" if name in kept else shown
    return _encode(kept).decode()


def response_body(body: bytes, secrets: Iterable[str] = ()) -> str | None:
    """Write the first 2 KiB of the answer as text, without control characters; None for none."""
    if not body:
        return None
    return _clean(body[:MOST_BODY].decode("utf-8", "replace"), secrets)


@lru_cache(maxsize=256)
def _named(name: str) -> tuple[str, bool]:
    """Return a header's name as the log keeps it, and whether its value is redacted."""
    return _clean(name, ()), _SECRET.search(name) is not None


def _clean(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, REDACTED)
    # what isn't UTF-8 in a header arrives as lone surrogates, which no database takes
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text if text.isprintable() else text.translate(_CONTROL)
