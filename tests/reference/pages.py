"""All reference pages, of the app as it ships."""

import json
import tempfile
from pathlib import Path

from connector.app.capabilities_operation import capabilities_of
from connector.app.operations import operations
from tests.reference.errors import errors
from tests.reference.events import events
from tests.reference.resources import resources
from tests.reference.settings import settings
from tests.support.described import TARGET, in_process

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"


async def pages() -> dict[str, str]:
    """Return the text of each page by its file's name."""
    with tempfile.TemporaryDirectory() as folder:
        async with in_process(Path(folder)) as up:
            provider = up.container.registry.get(TARGET)
            matrix = capabilities_of(provider, operations())
    examples = json.loads((ROOT / "connector" / "app" / "examples.json").read_text())
    return {
        "settings.md": settings(),
        "errors.md": errors(),
        "events.md": events(provider, matrix, examples["webhooks"]),
        "resources.md": resources(matrix, operations()),
    }
