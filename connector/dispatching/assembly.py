"""What dispatches documents, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from connector.dispatching.configurations import Configurations, Unlink
from connector.dispatching.dispatching import Dispatching
from connector.dispatching.templates import Templates
from connector.issuing.issuing import Issuing
from connector.writing.writing import Writing
from oauth.key_links import KeyLinking
from storage.assembly import Storage


@dataclass(frozen=True, slots=True)
class DispatchingParts:
    """The use cases of dispatched documents."""

    templates: Templates
    configurations: Configurations
    dispatching: Dispatching


def dispatching_parts(
    ground: Storage,
    links: KeyLinking,
    unlink: Unlink,
    issuing: Issuing,
    writing: Writing,
    today: Callable[[], str],
) -> DispatchingParts:
    """Put them together; `today` is the day where books are kept, such as 2026-11-30."""
    templates = Templates(ground.work, ground.clock, today)
    configurations = Configurations(ground.work, ground.ring, ground.clock, links, unlink)
    dispatching = Dispatching(templates, configurations, issuing, writing)
    return DispatchingParts(templates, configurations, dispatching)
