"""What the owner has to approve in the bank's app: they are asked, and then it is done.

    asked --approval needed--> waiting --approved--> done
                                  +--denied, or nobody answered--> failed

Such an act stands, however often it's asked for: a lost answer is simply followed by asking again.
Where an approval isn't known any more, it may have been used in a process that died over it, so
that what was to be done is looked at before anything is said to have failed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.jobs.jobs import JobState, JobStep, StepAgain, StepEnd
from connector.paying.ports import ActAnswer, ActDone, ApprovalState, Challenged, NotEnrolled
from connector.paying.states import APPROVE_WITHIN

_POLL = 2.0

_WHY = {
    "DENIED": "The owner denied it.",
    "EXPIRED": "Nobody approved it in time.",
    "APPROVAL_NOT_SET_UP": "The owner has no device to approve it with.",
    "NOT_APPROVED": "The owner's approval was not taken.",
}


@dataclass(frozen=True, slots=True)
class OwnerAct:
    """Something that the owner approves: how it's asked for, with the token of an approval or none.

    `answer` looks at what the owner said, `is_done` at whether it stands. `result` is what is told
    once it does.
    """

    ask: Callable[[str | None], Awaitable[ActAnswer]]
    answer: Callable[[str], Awaitable[ApprovalState]]
    is_done: Callable[[], Awaitable[bool]]
    result: Mapping[str, Any]


async def take_step(act: OwnerAct, state: JobState, now: datetime) -> JobStep:
    """Ask, look at what the owner said, or do it; `state` holds what is known."""
    work = state.work
    token: str | None = work.get("token")
    if token is not None and not work.get("isAllowed"):
        seen = await act.answer(token)
        if seen == "WAITING" and now < datetime.fromisoformat(work["until"]):
            return StepAgain(_POLL)
        if seen != "ALLOWED":
            if await act.is_done():
                return _done(act, state)
            return failed(state, "DENIED" if seen == "DENIED" else "EXPIRED")
        work["isAllowed"] = True
    match await act.ask(token):
        case ActDone():
            return _done(act, state)
        case Challenged(token) if not work.get("isAllowed"):
            work |= {"token": token, "until": (now + APPROVE_WITHIN).isoformat()}
            state.notes = ["The owner has to approve it in the bank's app."]
            return StepAgain(_POLL)
        case NotEnrolled():
            return failed(state, "APPROVAL_NOT_SET_UP")
        case _:
            return failed(state, "NOT_APPROVED")


def failed(state: JobState, code: str, message: str | None = None) -> StepEnd:
    """Say why nothing came of it."""
    state.error = {"code": code, "message": message or _WHY[code]}
    return StepEnd("FAILED")


def _done(act: OwnerAct, state: JobState) -> StepEnd:
    state.result = dict(act.result)
    return StepEnd()
