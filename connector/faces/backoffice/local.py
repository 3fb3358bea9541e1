"""Whether a request without a key comes from a program on this machine. Pure.

A web page that somebody on this machine looks at can send requests to loopback as well, under a
name of its own that leads there too. So what a request says of its origin counts; and one that came
through a proxy is its caller's, wherever that is.
"""

from starlette.datastructures import Headers

from connector.loopback import is_loopback, is_own_name

_THROUGH_A_PROXY = (
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
)
_OWN_SITE = ("same-origin", "none")


def why_not_local(peer: str | None, headers: Headers) -> str | None:
    """Say why a request doesn't count as this machine's own; None when it does.

    `peer` is the address at the other end of the connection.
    """
    if peer is None or not is_loopback(peer):
        return "it comes from another machine"
    if any(name in _THROUGH_A_PROXY or name.startswith("x-forwarded-") for name in headers):
        return "it came through a proxy"
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_own_name(hosts[0]):
        return "it asks for another name than localhost"
    if any(site not in _OWN_SITE for site in headers.getlist("sec-fetch-site")):
        return "a page of another site sent it"
    if any(origin != f"http://{hosts[0]}" for origin in headers.getlist("origin")):
        return "a page of another site sent it"
    return None
