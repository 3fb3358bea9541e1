"""Whether anything changed since an index was read: asked of Qonto, which knows it for all.

Any process may have been told of a change, or have made it; the lists themselves tell all of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.providers.qonto.session.source import Source
from connector.providers.qonto.session.together import together
from storage.clock import iso_millis

MARGIN = timedelta(seconds=30)
"""How far Qonto's clock may be behind ours."""


async def is_unchanged(sources: Sequence[Source[Any, Any]], since: datetime) -> bool:
    """Say that no record of the lists changed since a moment, as far as Qonto can be asked.

    A list that can't be asked for changes counts as changed. Deleted records aren't told.
    """
    endpoints = {source.endpoint.path: source for source in sources}
    if any(source.endpoint.since is None for source in endpoints.values()):
        return False
    counts = await together([_changed(source, since) for source in endpoints.values()])
    return not any(counts)


async def _changed(source: Source[Any, Any], since: datetime) -> int:
    """Count what changed, whether or not the question still leaves it."""
    params = ((source.endpoint.since or "", iso_millis(since - MARGIN)),)
    page = await source.client.page(source.account_id, source.endpoint, 1, 1, params)
    return page.meta.total_count if page.meta.total_count is not None else len(page.records)
