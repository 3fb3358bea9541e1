"""What an API key may be used for. Pure."""

from collections.abc import Iterable

from connector.api.operation import Permission
from storage.errors import Invalid

ALL = frozenset(Permission)


def read_permissions(text: str) -> frozenset[Permission]:
    """Read a stored permission set; a word from a newer version counts for nothing."""
    return frozenset(Permission(word) for word in text.split() if word in set(Permission))


def write_permissions(permissions: Iterable[Permission]) -> str:
    """Write a permission set as it is stored: space separated, always in the same order."""
    wanted = set(permissions)
    return " ".join(permission for permission in Permission if permission in wanted)


def choose_permissions(words: Iterable[str]) -> frozenset[Permission]:
    """Read the permissions somebody asks for. Raises Invalid for unknown ones, and for none."""
    asked = list(words)
    known = set(Permission)
    unknown = sorted(set(asked) - known)
    if unknown or not asked:
        what = f"{', '.join(unknown)} is no permission" if unknown else "a key needs a permission"
        raise Invalid.one("permissions", "INVALID", f"{what}: choose from {', '.join(Permission)}")
    return frozenset(Permission(word) for word in asked)
