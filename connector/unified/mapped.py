"""A unified value together with what could not be said in it."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mapped(Generic[T]):
    """`value`, and one sentence for each thing the model has no room for."""

    value: T
    warnings: tuple[str, ...] = ()
