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
from oauth.link_endings import Ending
from oauth.page_tokens import BrowserMark
from oauth.pages.languages import choose_language
from oauth.pages.rendering import ending_page, link_page, problem_page
from oauth.pages.style import PageStyle
from oauth.pages.texts import Texts
from oauth.returning import Returning
from storage.errors import Invalid, ServiceError, StorageUnavailable
from storage.repositories.tenants import Tenant

StyleOf = Callable[[Tenant], Awaitable[PageStyle]]
"""Answers how a tenant's pages look."""

_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_FOR_PEOPLE = (LinkRefused, Invalid, UnknownTarget, SystemNotRegistered, StorageUnavailable)


class Container(Protocol):
    """What these endpoints need of the assembled application."""

    @property
    def returning(self) -> Returning: ...

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
    _set_cookie(response, departure.mark)
    return response


async def finish_link(request: Request) -> Response:
    """GET /auth/callback/{target}: the customer's browser, back from the target system."""
    if request.method != "GET":
        # Link scanners and prefetchers send HEAD; it must not use the link up.
        return Response(status_code=405, headers={"Allow": "GET"})
    container, target = _container(request), request.path_params["target"]
    try:
        answer = read_consent(request.scope["query_string"].decode("latin-1"))
        end = await container.returning.finish(target, answer, request.cookies)
    except _FOR_PEOPLE as error:
        return _problem(error, _texts(request))
    if isinstance(end, Ending):
        response: Response = ending_page(
            _texts(request), await container.page_style(end.tenant), end
        )
    else:
        response = Response(status_code=302, headers={"Location": end.url, **_NO_STORE})
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
    return Response(status_code=303, headers={"Location": url, **_NO_STORE})


def _problem(error: ServiceError, texts: Texts) -> Response:
    if isinstance(error, StorageUnavailable):
        page = problem_page(texts, error.code, status=503)
        page.headers["Retry-After"] = "60"
        return page
    status = 405 if isinstance(error, UnknownTarget) else 400
    return problem_page(texts, error.code, status=status)


def _texts(request: Request) -> Texts:
    return choose_language(request.headers.get("Accept-Language"))


def _container(request: Request) -> Container:
    container: Container = request.app.state.container
    return container
