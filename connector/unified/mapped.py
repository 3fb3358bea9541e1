"""A unified value together with what could not be said in it."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Mapped(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """`value`, and one sentence for each thing the model has no room for."""

    value: T
    warnings: tuple[str, ...] = ()
