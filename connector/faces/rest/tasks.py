"""GET /accounting/asyncTask/{taskId}: how far work is that went on after its request."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.meaning import Moment, meaning
from connector.api.named import named
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.faces.rest.parameters import read_bare
from connector.jobs.jobs import JobReport, Jobs
from connector.paying.paying import PREFIX, Paying
from connector.paying.told import as_job
from connector.unified.enums import TaskStatus
from oauth.admitted import account_of
from storage.clock import iso_millis
from storage.repositories.accounts import Account

NoteType = Annotated[
    Literal["INFO", "ERROR"], named("TaskNoteType", "Whether something went wrong.")
]


class TaskNote(msgspec.Struct, frozen=True):
    __doc__ = "Something worth knowing of a task."

    type: Annotated[NoteType, meaning("Whether something went wrong.")]
    message: Annotated[str, meaning("What happened, in words.")]
    timestamp: Annotated[Moment, meaning("When it was told.")]
    filename: Annotated[str | None, meaning("The file that it is about; null for none.")] = None
    code: Annotated[str | None, meaning("The code of what went wrong; not in the contract.")] = None


class Task(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """How far a task is. `responseData` is what came of it so far."""

    id: Annotated[str, meaning("The task's id; not in the contract.")]
    status: Annotated[TaskStatus, meaning("How far it is.")]
    response_data: Annotated[
        dict[str, Any] | None, meaning("What came of it so far; null while there is nothing.")
    ]
    information: Annotated[tuple[TaskNote, ...], meaning("What is worth knowing of it.")]


def task_of(report: JobReport) -> Task:
    """Say a job in the contract's words."""
    state = report.state
    at = iso_millis(report.updated_at)
    notes = [TaskNote("INFO", note, at) for note in state.notes]
    if state.error is not None:
        wrong = state.error
        notes.append(TaskNote("ERROR", wrong["message"], at, code=wrong["code"]))
    return Task(report.id, report.status, state.result, tuple(notes))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Tasks:
    """All that goes on after its request."""

    jobs: Jobs
    paying: Paying

    async def get(self, account: Account, task_id: str) -> JobReport:
        """Return how far a task is. Raises NotFound for one that isn't this account's."""
        if not task_id.startswith(f"{PREFIX}_"):
            return await self.jobs.get(account.id, task_id)
        return as_job((await self.paying.report(account, task_id)).payment)


@operation(
    "GET",
    "/accounting/asyncTask/{taskId}",
    "Read how far a task is",
    name="getAsyncTask",
    permission=Permission.READ,
    response=Envelope[Task, Meta],
    offers=("asyncTask", "read"),
    parameters=(path_parameter("taskId", "Its id."),),
    description="What came of it can be read for a day after its end.",
    tag="accounting",
)
async def get_task(tasks: Tasks, request: Request) -> Response:
    """Tell how far one of the account's tasks is."""
    unused = read_bare(request)
    report = await tasks.get(account_of(request), request.path_params["taskId"])
    return answer(request, task_of(report), warnings=unused)


TASK_OPERATIONS = (get_task,)
