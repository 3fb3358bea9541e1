"""The page of settings, as `connector.app.settings` declares them."""

import typing
from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connector.app.settings import PREFIX, Settings
from tests.docs.settings_keys import written
from tests.reference import code, page

_BOUNDS = (("ge", "at least {}"), ("gt", "more than {}"), ("le", "at most {}"))

_INTRODUCTION = f"""
Settings come from the environment only. Any key can come from a file instead: with `_FILE` at its
end it names the file, such as `{PREFIX}SEALING__KEYS_FILE=/run/secrets/sealing_keys`. Setting
both is an error. A wrong value, or a key that doesn't exist, stops the start with a message that
names it.

[deploy/env.example](../../deploy/env.example) says more about each key. [One company
alone](../guides/one-company.md) has three variables besides.
"""


def settings() -> str:
    """Return the page."""
    own: dict[str, FieldInfo] = {}
    parts: list[str] = []
    for name, field in Settings.model_fields.items():
        if not isinstance(field.default, BaseModel):
            own[name] = field
            continue
        group = type(field.default)
        summary = " ".join((group.__doc__ or "").split())
        parts += [f"## {name.capitalize()}", summary]
        parts += _each(group.model_fields, f"{PREFIX}{name}__".upper())
    return page("Settings", _INTRODUCTION, "## The service", *_each(own, PREFIX), *parts)


def _each(fields: dict[str, FieldInfo], prefix: str) -> Iterator[str]:
    """Give each setting a heading of its own, which the search and links find."""
    for name, field in fields.items():
        yield f"### `{prefix}{name.upper()}`"
        yield field.description or ""
        default = written(field.default)
        facts = [("Default", code(default) or "none"), ("Takes", _takes(field))]
        yield " ".join(f"{word}: {said}." for word, said in facts if said)


def _takes(field: FieldInfo) -> str:
    """Say which values a setting may have, where its type says more than that it's a text."""
    if typing.get_origin(field.annotation) is typing.Literal:
        return ", ".join(code(str(choice)) for choice in typing.get_args(field.annotation))
    if field.annotation is bool:
        return "`true`, `false`"
    bounds = [
        said.format(getattr(limit, name))
        for limit in field.metadata
        for name, said in _BOUNDS
        if hasattr(limit, name)
    ]
    kind = {int: "whole number", float: "number"}.get(field.annotation or str, "")
    return ", ".join(part for part in (kind, *bounds) if part)
