"""The unified resources, one file each: how they are read, filtered, ordered and shown.

Facts without HTTP, for every door.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from connector.capabilities import RESOURCES as CONTRACT
from connector.resources.resource import Resource


def _declared() -> Iterator[Resource[Any]]:
    """Find the resources that the files here declare."""
    for found in iter_modules(__path__, f"{__name__}."):
        module = import_module(found.name)
        yield from (one for one in vars(module).values() if isinstance(one, Resource))


def _place(resource: Resource[Any]) -> tuple[int, str]:
    known = resource.name in CONTRACT
    return CONTRACT.index(resource.name) if known else len(CONTRACT), resource.name


RESOURCES: tuple[Resource[Any], ...] = tuple(sorted(_declared(), key=_place))
"""All of them, in the order of the contract; what is beyond it comes last."""
