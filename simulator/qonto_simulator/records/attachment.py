"""A stored file; its bytes may be made only when somebody downloads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Attachment:
    """``make`` gives the bytes, the same at every call; nothing is served before ``ready_at``."""

    id: str
    organisation_id: str
    file_name: str
    content_type: str
    created_at: datetime
    ready_at: datetime
    make: Callable[[], bytes]
    probative: str = "unavailable"
    content: bytes | None = None

    def read(self) -> bytes:
        if self.content is None:
            self.content = self.make()
        return self.content
