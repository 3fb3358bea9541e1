"""The addresses that a customer's browser sees: the link page, and the end of a link.

They are open, so they answer with pages alone, errors too.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from oauth.errors import (
    LinkRefused,
    SystemNotRegistered,
    UnknownTarget,
)
from oauth.grants import read_consent
from oauth.hosted import LinkPages
from oauth.link import Linking
from oauth.link_endings import Ending
from oauth.pages.languages import choose_language
from oauth.pages.rendering import ending_page, link_page, problem_page
from oauth.pages.style import PageStyle
from oauth.pages.texts import Texts
from storage.errors import Invalid, ServiceError
from storage.repositories.tenants import Tenant

StyleOf = Callable[[Tenant], Awaitable[PageStyle]]
"""Answers how a tenant's pages look."""

_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_FOR_PEOPLE = (LinkRefused, Invalid, UnknownTarget, SystemNotRegistered)


class Container(Protocol):
    """What these endpoints need of the assembled application."""

    @property
    def links(self) -> Linking: ...

    @property
    def pages(self) -> LinkPages: ...

    @property
    def page_style(self) -> StyleOf: ...


async def plain_style(tenant: Tenant) -> PageStyle:
    """Answer the style of a tenant that has chosen none: its name."""
    return PageStyle(tenant.name)


async def show_page(request: Request) -> Response:
    """GET /link/{token}: who asks, for what, and a button to go on."""
    container, texts, token = _container(request), _texts(request), request.path_params["token"]
    try:
        invitation = await container.pages.show(token)
    except _FOR_PEOPLE as error:
        return _problem(error, texts)
    style = await container.page_style(invitation.tenant)
    return link_page(texts, style, invitation, action=container.pages.settings.page_url(token))


async def leave_page(request: Request) -> Response:
    """POST /link/{token}: the click. Ties the link to this browser and sends it to the provider."""
    pages, token = _container(request).pages, request.path_params["token"]
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        # Another site's form would skip the page, and with it what the customer is to read.
        return _see_other(pages.settings.page_url(token))
    try:
        departure = await pages.depart(token)
    except _FOR_PEOPLE as error:
        return _problem(error, _texts(request))
    response = _see_other(departure.url)
    response.set_cookie(
        departure.cookie_name,
        departure.cookie,
        max_age=int(departure.max_age.total_seconds()),
        path=departure.cookie_path,
        secure=departure.is_secure,
        httponly=True,
        samesite="lax",
    )
    return response


async def finish_link(request: Request) -> Response:
    """GET /auth/callback/{target}: the customer's browser, back from the target system."""
    if request.method != "GET":
        # Link scanners and prefetchers send HEAD; it must not use the link up.
        return Response(status_code=405, headers={"Allow": "GET"})
    container, target = _container(request), request.path_params["target"]
    try:
        answer = read_consent(request.scope["query_string"].decode("latin-1"))
        end = await container.links.finish(target, answer, request.cookies)
    except _FOR_PEOPLE as error:
        return _problem(error, _texts(request))
    if isinstance(end, Ending):
        response: Response = ending_page(
            _texts(request), await container.page_style(end.tenant), end
        )
    else:
        response = Response(status_code=302, headers={"Location": end.url, **_NO_STORE})
    return response


def _see_other(url: str) -> Response:
    return Response(status_code=303, headers={"Location": url, **_NO_STORE})


def _problem(error: ServiceError, texts: Texts) -> Response:
    status = 405 if isinstance(error, UnknownTarget) else 400
    return problem_page(texts, error.code, status=status)


def _texts(request: Request) -> Texts:
    return choose_language(request.headers.get("Accept-Language"))


def _container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container
