"""The addresses that a customer's browser sees: the link page, and the end of a link.

They are open, so they answer with pages alone, errors too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from connector.api.operation import operation
from connector.api.parameters import path_parameter
from oauth.answering import HTML, NO_STORE
from oauth.errors import (
    LinkRefused,
    SystemNotRegistered,
    UnknownTarget,
)
from oauth.grants import read_consent
from oauth.hosted import LinkPages
from oauth.link_endings import Ending
from oauth.page_tokens import BrowserMark
from oauth.pages.languages import choose_language
from oauth.pages.rendering import ending_page, link_page, problem_page
from oauth.pages.style import PageTheme
from oauth.pages.texts import Texts
from oauth.returning import Returning
from oauth.words import target_parameter
from storage.errors import Invalid, ServiceError, StorageUnavailable
from storage.repositories.tenants import Tenant

StyleOf = Callable[[Tenant], Awaitable[PageTheme]]
"""Returns how a tenant's pages look."""

_FOR_PEOPLE = (LinkRefused, Invalid, UnknownTarget, SystemNotRegistered, StorageUnavailable)


async def plain_style(tenant: Tenant) -> PageTheme:
    """Return the style of a tenant that has chosen none: its name."""
    return PageTheme(tenant.name)


@dataclass(frozen=True, slots=True)
class BrowserPages:
    """What a customer's browser is served with."""

    links: LinkPages
    returning: Returning
    style: StyleOf = plain_style


@operation(
    "GET",
    "/link/{token}",
    "Show a customer who asks to link, and for what",
    name="showLinkPage",
    parameters=(path_parameter("token", "What the link page's address ends with."),),
    keys="none",
    media_type=HTML,
    description="A page with a button that goes on to the target system",
    tag="auth",
)
async def show_page(pages: BrowserPages, request: Request) -> Response:
    """Show who asks, for what, and a button to go on."""
    texts, token = _texts(request), request.path_params["token"]
    try:
        invitation = await pages.links.show(token)
    except _FOR_PEOPLE as error:
        return _problem(error, texts)
    style = await pages.style(invitation.tenant)
    return link_page(texts, style, invitation, action=pages.links.settings.page_url(token))


@operation(
    "POST",
    "/link/{token}",
    "Go on from the link page to the target system",
    name="leaveLinkPage",
    parameters=(path_parameter("token", "What the link page's address ends with."),),
    keys="none",
    status=303,
    media_type=HTML,
    description="The browser is sent to the target system, with a cookie it must come back with",
    tag="auth",
)
async def leave_page(pages: BrowserPages, request: Request) -> Response:
    """The click. Ties the link to this browser and sends it to the provider."""
    links, token = pages.links, request.path_params["token"]
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        # Another site's form would skip the page, and with it what the customer is to read.
        return _see_other(links.settings.page_url(token))
    try:
        departure = await links.depart(token)
    except _FOR_PEOPLE as error:
        return _problem(error, _texts(request))
    response = _see_other(departure.url)
    _set_cookie(response, departure.mark)
    return response


@operation(
    "GET",
    "/auth/callback/{target}",
    "Take a customer's browser back from the target system",
    name="endLink",
    parameters=(target_parameter(),),
    keys="none",
    status=302,
    media_type=HTML,
    description="The browser is sent to the vendor's callback URL; without one, 200 with a page",
    tag="auth",
)
async def finish_link(pages: BrowserPages, request: Request) -> Response:
    """The customer's browser, back from the target system."""
    if request.method != "GET":
        # Link scanners and prefetchers send HEAD; it must not use the link up.
        return Response(status_code=405, headers={"Allow": "GET"})
    target = request.path_params["target"]
    try:
        answer = read_consent(request.scope["query_string"].decode("latin-1"))
        end = await pages.returning.finish(target, answer, request.cookies)
    except _FOR_PEOPLE as error:
        return _problem(error, _texts(request))
    if isinstance(end, Ending):
        response: Response = ending_page(_texts(request), await pages.style(end.tenant), end)
    else:
        response = Response(status_code=302, headers={"Location": end.url, **NO_STORE})
        if end.mark is not None:
            _set_cookie(response, end.mark)
    return response


def _set_cookie(response: Response, mark: BrowserMark) -> None:
    response.set_cookie(
        mark.name,
        mark.value,
        max_age=int(mark.max_age.total_seconds()),
        path=mark.path,
        secure=mark.is_secure,
        httponly=True,
        samesite="lax",
    )


def _see_other(url: str) -> Response:
    return Response(status_code=303, headers={"Location": url, **NO_STORE})


def _problem(error: ServiceError, texts: Texts) -> Response:
    if isinstance(error, StorageUnavailable):
        page = problem_page(texts, error.code, status=503)
        page.headers["Retry-After"] = "60"
        return page
    status = 405 if isinstance(error, UnknownTarget) else 400
    return problem_page(texts, error.code, status=status)


def _texts(request: Request) -> Texts:
    return choose_language(request.headers.get("Accept-Language"))


PAGE_OPERATIONS = (finish_link, show_page, leave_page)
