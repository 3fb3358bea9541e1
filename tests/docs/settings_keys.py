"""Every CONNECTOR_ key, as the settings themselves declare it."""

from typing import Any

from pydantic import BaseModel, SecretStr

from connector.app.settings import PREFIX, Settings


def keys() -> dict[str, str]:
    """Return each key with its default as one would write it in the environment."""
    return dict(_of(Settings, PREFIX))


def _of(model: type[BaseModel], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, field in model.model_fields.items():
        key = prefix + name.upper()
        if isinstance(field.default, BaseModel):
            found += _of(type(field.default), f"{key}__")
        else:
            found.append((key, written(field.default)))
    return found


def written(value: Any) -> str:
    """Return a default as one would write it in the environment."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case SecretStr():
            return value.get_secret_value()
        case _:
            return str(value)
