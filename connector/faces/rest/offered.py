"""What the target system of a request's account offers besides lists of records."""

from typing import TypeVar

from starlette.requests import Request

from connector.downloads import Files
from connector.pass_through import PassThrough
from connector.profiles import Profiles
from connector.registry import Registry
from oauth.admitted import account_of
from oauth.errors import NotSupported

T = TypeVar("T")


def files_of(registry: Registry, request: Request) -> Files:
    """Return what reads files. Raises NotSupported where there are none."""
    target = account_of(request).target
    return _offered(registry.get(target).files, target)


def profiles_of(registry: Registry, request: Request) -> Profiles:
    """Return what tells who linked. Raises NotSupported where nothing does."""
    target = account_of(request).target
    return _offered(registry.get(target).profiles, target)


def pass_through_of(registry: Registry, request: Request) -> PassThrough:
    """Return what passes calls through. Raises NotSupported where nothing does."""
    target = account_of(request).target
    return _offered(registry.get(target).pass_through, target)


def _offered(part: T | None, target: str) -> T:
    if part is None:
        raise NotSupported(f"{target} has nothing of this kind.")
    return part
