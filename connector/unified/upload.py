"""What came of many files that were to become bills, and of work that goes on."""

from typing import Annotated, Literal

import msgspec

from connector.api.meaning import meaning
from connector.unified.enums import TaskStatus


class UploadedItem(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = "What came of one file: the bill that was made, or what was wrong."

    index: Annotated[int, meaning("The file's place in the request, from 0.")]
    file_name: Annotated[str | None, meaning("The file's name; null where an id was sent.")] = None
    file_id: Annotated[str | None, meaning("The file's id; null while it has none.")] = None
    bill_id: Annotated[str | None, meaning("The id of the bill; null when none was made.")] = None
    code: Annotated[str | None, meaning("The code of what was wrong; null when it went well.")] = (
        None
    )
    message: Annotated[str | None, meaning("What was wrong, in words.")] = None


class BillUploads(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """What came of each file so far. With `task_id` the rest goes on as a task."""

    status: Annotated[TaskStatus, meaning("What came of all: PARTIAL_SUCCESS where some failed.")]
    items: Annotated[tuple[UploadedItem, ...], meaning("What came of each file, in their order.")]
    task_id: Annotated[
        str | None, meaning("The task by which the rest is done; null when all is done.")
    ] = None


class TaskReference(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = "Work that goes on after the request."

    task_id: Annotated[str, meaning("The id to read at /accounting/asyncTask/{taskId}.")]


def status_of(
    items: tuple[UploadedItem, ...],
) -> Literal["SUCCESS", "PARTIAL_SUCCESS", "FAILED"]:
    """Say what came of all files."""
    made = sum(one.bill_id is not None for one in items)
    return "SUCCESS" if made == len(items) else "PARTIAL_SUCCESS" if made else "FAILED"
