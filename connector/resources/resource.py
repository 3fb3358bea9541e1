"""What is true of a kind of record, whichever door it's asked for at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from connector.api.operation import Parameter, Permission
from connector.api.uploads import UploadRule
from connector.downloads import DocumentOf
from connector.reading import Chosen
from connector.resources.filters import Filter
from connector.unified.batch import BatchResult

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lines(Generic[T]):
    """Lines that come with their document: `of` returns them, `id_of` the id of one.

    They have no moment of their own, so that they count as changed when their document did. Without
    `id_of` there is no single read.
    """

    name: str
    model: type[T]
    of: Callable[[Any], Sequence[T]]
    id_of: Callable[[T], str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWrite:
    """Something that can be done to a kind of record.

    `action` is create, update, delete, or what stands below the record's path, such as finalize.
    `summary` says it in a sentence: "Make a customer". `of_line` says that a line of the record is
    made, changed or deleted. `methods` are those it's called with; the usual ones without. `path`
    is where, if that isn't the usual place. `upload` says that it comes as a form with files.
    `options` are parameters of its own. `is_irreversible` says that nobody can undo it.
    """

    action: str
    summary: str
    request: type[BaseModel] | None = None
    description: str = ""
    permission: Permission = Permission.WRITE
    of_line: bool = False
    methods: tuple[str, ...] = ()
    path: str | None = None
    upload: UploadRule | None = None
    options: tuple[Parameter, ...] = ()
    is_irreversible: bool = False


class Written(Protocol):
    """A kind of record as far as writing needs it."""

    @property
    def name(self) -> str: ...

    @property
    def id_name(self) -> str: ...

    @property
    def model(self) -> type[Any]: ...

    @property
    def writes(self) -> tuple[RecordWrite, ...]: ...

    @property
    def batches(self) -> "tuple[RecordBatch, ...]": ...

    @property
    def lines(self) -> "Lines[Any] | None": ...

    @property
    def also_at(self) -> "tuple[OtherAddress, ...]": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyWritten:
    """A kind of record that is read in ways of its own."""

    name: str
    id_name: str
    model: type[Any]
    writes: tuple[RecordWrite, ...]
    batches: "tuple[RecordBatch, ...]" = ()
    lines: "Lines[Any] | None" = None
    also_at: "tuple[OtherAddress, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBatch:
    """Many records made with one call: `entries` of its request, each as `each` makes one.

    `paths` are where. `answer` says what came of them, in the model `response`.
    """

    paths: Mapping[str, str]
    """By the name that generated clients call them."""
    summary: str
    request: type[BaseModel]
    each: str
    response: type
    answer: Callable[[tuple[Any, ...], tuple[BatchResult, ...]], Any]
    description: str = ""
    permission: Permission = Permission.WRITE


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The file of a record; `made_later` says that it may not be there yet."""

    of: DocumentOf
    one: str
    made_later: bool = True


@dataclass(frozen=True, slots=True)
class OtherAddress:
    """Where the same records are found as well, for clients of the contract's former versions."""

    name: str
    one: str
    many: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[T]):
    """A kind of record that is listed and read one by one, with the permission that takes.

    `name` is the contract's, as in paths and in the matrix of capabilities, and `id_name` its name
    for an id. `chosen` picks its reader. `one` and `many` name it in a sentence. `filters` and
    `orders` are what its list takes besides what every list does.
    """

    name: str
    id_name: str
    chosen: Chosen[Any]
    model: type[T]
    one: str
    many: str
    permission: Permission = Permission.READ
    filters: tuple[Filter, ...] = ()
    orders: tuple[str, ...] = ()
    description: str = ""
    single_as_list: bool = False
    lines: Lines[Any] | None = None
    file: RecordFile | None = None
    also_at: tuple[OtherAddress, ...] = ()
    writes: tuple[RecordWrite, ...] = ()
    batches: tuple[RecordBatch, ...] = ()


def line_writes(
    new: type[BaseModel], change: type[BaseModel], one: str, of: str
) -> tuple[RecordWrite, ...]:
    """Declare what can be done to the lines of a document."""
    return (
        RecordWrite(
            action="create",
            summary=f"Add {one}",
            request=new,
            description=f"At the end of {of}, which can still be changed.",
            of_line=True,
        ),
        RecordWrite(
            action="update",
            summary=f"Change {one}",
            request=change,
            description=(
                "What isn't sent stays as it is. 409 `RECORD_CHANGED` when somebody changed the "
                "lines at the same time."
            ),
            of_line=True,
        ),
        RecordWrite(
            action="delete",
            summary=f"Delete {one}",
            description="Those after it move up, and their ids with them: an id is by the place.",
            of_line=True,
        ),
    )
