"""What came of attempts is written down, many in one commit."""

from collections.abc import Callable, Sequence, Set

from storage.errors import ServiceError
from storage.group_commit import GroupCommit
from storage.log import logger
from storage.unit_of_work import UnitOfWork
from webhooks.attempting import AttemptResult
from webhooks.endpoints import Endpoints

_GATHER = 0.005
"""Seconds that a finished attempt may wait for others to be written down with."""


class AttemptRecords:
    """Records the attempts of the worker `owner`.

    `followed` is called when what others of its record waited for is done; `changed` with the ids
    of subscriptions that may be paused, resumed or disabled because of what was recorded.
    """

    def __init__(
        self,
        work: UnitOfWork,
        endpoints: Endpoints,
        owner: str,
        *,
        followed: Callable[[], None],
        changed: Callable[[Set[str]], None],
    ) -> None:
        self._work = work
        self._endpoints = endpoints
        self._owner = owner
        self._followed = followed
        self._changed = changed
        self._completions: GroupCommit[AttemptResult, None] = GroupCommit(
            self._write_completions, gather=_GATHER
        )
        self._returns: GroupCommit[tuple[str, str], None] = GroupCommit(self._write_returns)

    async def add(self, result: AttemptResult) -> None:
        """Write an attempt down, and the delivery's next state. Raises StorageUnavailable."""
        await self._completions.submit(result)

    async def put_back(self, delivery_id: str, status: str) -> None:
        """Give back the lease of a delivery that wasn't sent. Raises StorageUnavailable."""
        await self._returns.submit((delivery_id, status))

    async def drain(self) -> None:
        """Wait until everything is written."""
        await self._completions.drain()
        await self._returns.drain()

    async def _write_completions(self, results: Sequence[AttemptResult]) -> list[None]:
        completions = [result.completion for result in results]
        single = not any(done.followed or done.notice_id for done in completions)
        async with self._work.hot(single=single) as tx:
            await tx.deliveries.complete(completions)
        if any(done.followed and done.completed_at for done in completions):
            self._followed()
        try:
            outcomes = [
                result.endpoint_outcome for result in results if result.endpoint_outcome is not None
            ]
            self._changed(await self._endpoints.note(outcomes))
        except ServiceError as error:
            logger.warning("endpoint.not_noted", code=error.code)
        except Exception as error:
            # the attempts are recorded, and must not be recorded again
            logger.error("endpoint.not_noted", exc_info=error)
        return [None] * len(results)

    async def _write_returns(self, items: Sequence[tuple[str, str]]) -> list[None]:
        async with self._work.hot() as tx:
            for status in sorted({status for _, status in items}):
                ids = [delivery_id for delivery_id, wanted in items if wanted == status]
                await tx.deliveries.put_back(ids, self._owner, status=status)
        return [None] * len(items)
