"""How long texts may be at Qonto. Pure."""

from collections.abc import Mapping

from pydantic import BaseModel

from connector.writing.problems import Problems
from connector.writing.requests.base import name_of


def check_lengths(
    said: BaseModel, longest: Mapping[str, int], problems: Problems, at: str = ""
) -> None:
    """Note every text that is longer than Qonto takes it."""
    for field, most in longest.items():
        size = len(getattr(said, field) or "")
        if size > most:
            problems.add(
                f"{at}{name_of(said, field)}",
                "TOO_LONG",
                f"Qonto takes {most} characters; these are {size}.",
            )
