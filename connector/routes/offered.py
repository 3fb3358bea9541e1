"""What the target system of a request's account offers besides lists of records."""

from typing import TypeVar

from starlette.requests import Request

from connector.downloads import Files
from connector.errors import NotSupported
from connector.pass_through import PassThrough
from connector.profiles import Profiles
from connector.registry import Provider

T = TypeVar("T")


def files_of(request: Request) -> Files:
    """Answer what reads files. Raises NotSupported where there are none."""
    return _offered(_provider(request).files, request)


def profiles_of(request: Request) -> Profiles:
    """Answer what tells who linked. Raises NotSupported where nothing does."""
    return _offered(_provider(request).profiles, request)


def pass_through_of(request: Request) -> PassThrough:
    """Answer what passes calls through. Raises NotSupported where nothing does."""
    return _offered(_provider(request).pass_through, request)


def _provider(request: Request) -> Provider:
    provider: Provider = request.app.state.container.registry.get(request.state.account.target)
    return provider


def _offered(part: T | None, request: Request) -> T:
    if part is None:
        raise NotSupported(f"{request.state.account.target} has nothing of this kind.")
    return part
