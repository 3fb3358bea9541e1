"""GET /accounting/profile, /user/user-info, /auth/companies and /auth/environments: who linked."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Permission, operation
from connector.faces.rest.offered import profiles_of
from connector.faces.rest.parameters import RAW_DATA, SingleRequest, read_bare, read_single
from connector.profiles import Told
from connector.registry import Registry
from connector.unified.company import Company, Environment
from connector.unified.profile import Profile
from connector.unified.user import UserInfo
from oauth.admitted import account_of

_STORED = (
    "What the consent does not let us ask is answered from what was learned at linking, with a "
    "warning that names the scope."
)


@operation(
    "GET",
    "/accounting/profile",
    "Show the linked organisation",
    name="getProfile",
    permission=Permission.READ,
    parameters=(RAW_DATA,),
    response=Envelope[Profile, Meta],
    description=_STORED,
    tag="accounting",
)
async def show_profile(registry: Registry, request: Request) -> Response:
    """Return the linked organisation."""
    asked = read_single(request)
    told = await profiles_of(registry, request).profile(account_of(request))
    return _answer(request, asked, told)


@operation(
    "GET",
    "/user/user-info",
    "Show who linked the account",
    name="getUserInfo",
    permission=Permission.READ,
    parameters=(RAW_DATA,),
    response=Envelope[UserInfo, Meta],
    description=f"{_STORED} 403 MISSING_SCOPE where nothing was.",
    tag="auth",
)
async def show_user(registry: Registry, request: Request) -> Response:
    """Return the person who linked."""
    asked = read_single(request)
    told = await profiles_of(registry, request).user_info(account_of(request))
    return _answer(request, asked, told)


@operation(
    "GET",
    "/auth/companies",
    "List the company whose books are linked: always one",
    name="listCompanies",
    permission=Permission.READ,
    parameters=(RAW_DATA,),
    response=Envelope[tuple[Company, ...], Meta],
    description=_STORED,
    tag="auth",
)
async def list_companies(registry: Registry, request: Request) -> Response:
    """Return the one organisation that was linked."""
    asked = read_single(request)
    told = await profiles_of(registry, request).company(account_of(request))
    return _answer(request, asked, told, shown=lambda company: (company,))


@operation(
    "GET",
    "/auth/environments",
    "List the environment of the account: always one, production or sandbox",
    name="listEnvironments",
    permission=Permission.READ,
    response=Envelope[tuple[Environment, ...], Meta],
    tag="auth",
)
async def list_environments(registry: Registry, request: Request) -> Response:
    """Return the one that the target system stands for."""
    warnings = read_bare(request)
    return answer(request, (profiles_of(registry, request).environment,), warnings=warnings)


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


PROFILE_OPERATIONS = (show_profile, show_user, list_companies, list_environments)
