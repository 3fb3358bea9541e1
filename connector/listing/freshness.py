"""Whether anything changed since an index was read: asked of the target system, which knows it.

Any process may have been told of a change, or have made it; the lists themselves tell all of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from connector.listing.source import Source
from connector.listing.together import together

MARGIN = timedelta(seconds=30)
"""How far the target system's clock may be behind ours."""


async def is_unchanged(sources: Sequence[Source[Any, Any]], since: datetime) -> bool:
    """Say that no record of the lists changed since a moment, as far as that can be asked.

    It counts whether or not the question still leaves it. A list that can't be asked for changes
    counts as changed. Deleted records aren't told.
    """
    lists = {source.remote.name: source.remote.count_changed for source in sources}
    counts = [count for count in lists.values() if count is not None]
    if len(counts) < len(lists):
        return False
    return not any(await together([count(since - MARGIN) for count in counts]))
