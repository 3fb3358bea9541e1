"""Where a browser may be sent at the end of a link. Pure.

A host must be one that the relay could call, too: there is one policy for the URLs of vendors.
Then the URL is taken apart by a narrow grammar of our own, not by a lenient parser: what browsers,
proxies and servers might each read differently is refused, so nothing is left to read differently.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlencode

from oauth.errors import CallbackNotAllowed
from storage.egress import EgressPolicy, UrlRefused, literal_address
from storage.errors import FieldError

_LONGEST = 2000
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)?"
    r"(?:\?(?P<query>[^#]*))?",
    re.IGNORECASE | re.ASCII,
)
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+", re.ASCII)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
# A dot, slash, backslash or percent sign in disguise, or a control character.
_DISGUISED = frozenset(b"./\\%") | frozenset(range(0x20)) | {0x7F}
_PORTS = {"https": 443, "http": 80}
_ANYWHERE = EgressPolicy()
_ALSO_HERE = EgressPolicy.of(("127.0.0.0/8", "::1/128"), allow_http=True)

RESERVED = frozenset(
    {
        "accountkey",
        "code",
        "error",
        "error_description",
        "reference",
        "relinked",
        "signature",
        "timestamp",
    }
)
"""Names of what the end of a link adds, in lower case: a URL that has one already would answer in
the vendor's name, since of two alike some frameworks take the first."""


@dataclass(frozen=True, slots=True)
class UrlPlace:
    """A URL taken apart: its origin in normal form, and its path as written."""

    scheme: str
    host: str
    port: int
    path: str

    def covers(self, other: "UrlPlace") -> bool:
        """Say whether the other has the same origin and lies at or below this path."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        prefix = self.path.rstrip("/")
        return other.path == prefix or other.path.startswith(prefix + "/")


def is_loopback(host: str) -> bool:
    """Say whether a host name or literal address means this machine."""
    host = host.lower().strip("[]").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = literal_address(host)
    return address is not None and (getattr(address, "ipv4_mapped", None) or address).is_loopback


def parse(url: str, *, allow_loopback: bool, field: str = "callbackUrl") -> UrlPlace:
    """Take a URL apart. Raises CallbackNotAllowed, naming `field`, unless a browser may go there.

    https only and no literal private address; with `allow_loopback` this machine is fine too, also
    by http.
    """
    if len(url) > _LONGEST:
        raise _refusal(field, f"it is longer than {_LONGEST} characters")
    _check_policy(url, _ALSO_HERE if allow_loopback else _ANYWHERE, field)
    if not _CHARACTERS.fullmatch(url):
        raise _refusal(field, "it has characters that don't belong in a URL")
    match = _URL.fullmatch(url)
    if match is None:
        raise _refusal(field, "it is not an https:// URL")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"]) if match["port"] else _PORTS[scheme]
    if scheme != "https" and not is_loopback(host):
        raise _refusal(field, "it is not https")
    _check_query(match["query"] or "", field)
    path = match["path"] or ""
    _check_path(path, field)
    return UrlPlace(scheme, host, port, path)


def check_called(url: str, policy: EgressPolicy, *, field: str) -> None:
    """Raise CallbackNotAllowed, naming `field`, unless the relay may post to the URL."""
    if len(url) > _LONGEST:
        raise _refusal(field, f"it is longer than {_LONGEST} characters")
    _check_policy(url, policy, field)


def check(url: str, allowed: Iterable[str], *, allow_loopback: bool, field: str) -> None:
    """Raise CallbackNotAllowed unless the URL lies at or below one of the allowed entries."""
    place = parse(url, allow_loopback=allow_loopback, field=field)
    for entry in allowed:
        try:
            known = parse(entry, allow_loopback=allow_loopback)
        except CallbackNotAllowed:
            continue  # registered while loopback callbacks were allowed
        if known.covers(place):
            return
    raise _refusal(field, "it is not registered: send it to POST /tenants/add-callback-urls first")


def entry_of(url: str, *, allow_loopback: bool, field: str) -> str:
    """Write the allow-list entry for a URL: its origin and path. Raises CallbackNotAllowed."""
    place = parse(url, allow_loopback=allow_loopback, field=field)
    port = "" if place.port == _PORTS[place.scheme] else f":{place.port}"
    return f"{place.scheme}://{place.host}{port}{place.path.rstrip('/')}"


def with_parameters(url: str, parameters: Mapping[str, str | None]) -> str:
    """Add parameters to a URL that has passed `check`; those it has stay as they are."""
    assert RESERVED.issuperset(map(str.lower, parameters))
    added = urlencode({name: value for name, value in parameters.items() if value is not None})
    if not added:
        return url
    before, mark, query = url.partition("?")
    joint = "" if not mark or not query or query.endswith("&") else "&"
    return f"{before}?{query}{joint}{added}"


def _check_policy(url: str, policy: EgressPolicy, field: str) -> None:
    try:
        policy.check_url(url)
    except UrlRefused as refused:
        raise _refusal(field, refused.reason) from None


def _check_query(query: str, field: str) -> None:
    """Refuse parameters of the names that are added, however they are written."""
    for pair in re.split("[&;]", query):
        name = unquote_plus(pair.partition("=")[0]).partition("[")[0].strip()
        if name.lower() in RESERVED:
            raise _refusal(
                field, f"its query has the reserved name {name}", "CALLBACK_PARAMETER_RESERVED"
            )


def _check_path(path: str, field: str) -> None:
    for escape in _ESCAPE.finditer(path):
        if escape[1] is None or int(escape[1], 16) in _DISGUISED:
            raise _refusal(field, "its path has characters in disguise")
    segments = path.split("/")[1:]
    if any(segment.partition(";")[0] in (".", "..") for segment in segments):
        raise _refusal(field, "its path has dot segments")
    if "" in segments[:-1]:
        raise _refusal(field, "its path has empty segments")


def _refusal(field: str, reason: str, code: str = "CALLBACK_NOT_ALLOWED") -> CallbackNotAllowed:
    message = f"{field} can't be used: {reason}"
    return CallbackNotAllowed(message, (FieldError(field, code, message),))
