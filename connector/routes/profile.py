"""GET /accounting/profile, /user/user-info, /auth/companies and /auth/environments: who linked."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.profiles import Told
from connector.routes.answers import answer
from connector.routes.offered import profiles_of
from connector.routes.operation import Operation
from connector.routes.parameters import RAW_DATA, SingleRequest, read_bare, read_single
from connector.unified.company import Company, Environment
from connector.unified.envelope import Envelope
from connector.unified.profile import Profile
from connector.unified.user import UserInfo

_STORED = (
    "What the consent does not let us ask is answered from what was learned at linking, with a "
    "warning that names the scope."
)


async def show_profile(request: Request) -> Response:
    """GET /accounting/profile: the linked organisation."""
    asked = read_single(request)
    told = await profiles_of(request).profile(request.state.account)
    return _answer(request, asked, told)


async def show_user(request: Request) -> Response:
    """GET /user/user-info: the person who linked."""
    asked = read_single(request)
    told = await profiles_of(request).user_info(request.state.account)
    return _answer(request, asked, told)


async def list_companies(request: Request) -> Response:
    """GET /auth/companies: the one organisation that was linked."""
    asked = read_single(request)
    told = await profiles_of(request).company(request.state.account)
    return _answer(request, asked, told, shown=lambda company: (company,))


async def list_environments(request: Request) -> Response:
    """GET /auth/environments: the one that the target system stands for."""
    warnings = read_bare(request)
    return answer(request, (profiles_of(request).environment,), warnings=warnings)


def _answer(
    request: Request,
    asked: SingleRequest,
    told: Told[Any],
    *,
    shown: Callable[[Any], Any] = lambda item: item,
) -> Response:
    warnings = (*asked.warnings, *told.warnings)
    raw = told.raw if asked.raw else None
    return answer(request, shown(told.item), warnings=warnings, raw=raw)


PROFILE_ROUTES = [
    Route("/accounting/profile", show_profile, methods=["GET"]),
    Route("/user/user-info", show_user, methods=["GET"]),
    Route("/auth/companies", list_companies, methods=["GET"]),
    Route("/auth/environments", list_environments, methods=["GET"]),
]

PROFILE_OPERATIONS = (
    Operation(
        "/accounting/profile",
        "GET",
        "Show the linked organisation",
        parameters=(RAW_DATA,),
        response=Envelope[Profile],
        description=_STORED,
    ),
    Operation(
        "/user/user-info",
        "GET",
        "Show who linked the account",
        parameters=(RAW_DATA,),
        response=Envelope[UserInfo],
        description=f"{_STORED} 403 MISSING_SCOPE where nothing was.",
        tag="auth",
    ),
    Operation(
        "/auth/companies",
        "GET",
        "List the company whose books are linked: always one",
        parameters=(RAW_DATA,),
        response=Envelope[tuple[Company, ...]],
        description=_STORED,
        tag="auth",
    ),
    Operation(
        "/auth/environments",
        "GET",
        "List the environment of the account: always one, production or sandbox",
        response=Envelope[tuple[Environment, ...]],
        tag="auth",
    ),
)
