"""Whether the file of an invoice is what it has to be: a PDF, and where asked for an e-invoice."""

from collections.abc import Mapping
from typing import Any, Protocol

from connector.downloads import Download


class CheckFile(Protocol):
    """Looks at a file; returns what it found. Raises DocumentUnreadable for one that is wrong.

    `strict` says that it is to be sent as an electronic invoice.
    """

    async def __call__(
        self, opened: Download, invoice: Mapping[str, Any], *, strict: bool
    ) -> dict[str, Any] | None: ...
