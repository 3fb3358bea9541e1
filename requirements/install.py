"""Installs with pip, telling what it is at, and what to do when it can't: `make` calls it.

python install.py ARGUMENTS OF `pip install`. It runs in the environment that it installs into,
before anything is in there, so it needs nothing but the standard library and pip.
"""

import re
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

EVERY = 5.0
"""Seconds after which something is said, whatever pip says."""

_PACKAGE = re.compile(r"\s*(?:Collecting|Obtaining) (?!dependency)(\S+)")
_UNPACKING = "Installing collected packages"

_REASONS = (
    (
        r"No space left on device",
        "The disk is full. Make room and try again.",
    ),
    (
        r"THESE PACKAGES DO NOT MATCH THE HASHES|Hashes are required",
        "A package isn't the one that is pinned: something between here and the index changed it, "
        "or the index serves another. Nothing of it was installed.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The package index's certificate isn't trusted here. Behind a proxy that opens TLS, set "
        "PIP_CERT to its certificate.",
    ),
    (
        r"requires a different [Pp]ython|require a different python version|Requires-Python",
        "This Python doesn't fit the packages: 3.11, 3.12 and 3.13 do. Say `make clean`, and then "
        "PYTHON=python3.12 make demo.",
    ),
    (
        r"NewConnectionError|Failed to establish a new connection|name resolution|ConnectTimeout"
        r"|ReadTimeout|ProxyError|ConnectionResetError|from versions: none|No route to host",
        "The package index can't be reached, and what is needed isn't on this machine yet. Connect "
        "to the network, or name the index that you may use in PIP_INDEX_URL, and try again.",
    ),
    (
        r"externally-managed-environment|Permission denied",
        "Nothing may be written into this environment. Say `make clean` and try again.",
    ),
)


def packages(requirements: str) -> int:
    """Count the packages that a file of requirements names."""
    return len(re.findall(r"^[A-Za-z0-9][^\s=]*==", requirements, re.MULTILINE))


def told(lines: Iterable[str], total: int) -> Iterator[str]:
    """Say what is new in pip's lines: each package as pip comes to it, and when it unpacks them."""
    count = 0
    for line in lines:
        if found := _PACKAGE.match(line):
            count += 1
            of = f"{count:>3} of {total}  " if total else ""
            yield f"  {of}{found[1]}"
        elif line.startswith(_UNPACKING):
            yield "  unpacking ..."


def explained(output: str) -> str:
    """Say in plain words what kept pip from installing, and what to do about it."""
    for pattern, words in _REASONS:
        if re.search(pattern, output):
            return words
    return "pip could not install; it says why above."


def main(arguments: list[str]) -> int:
    """Run pip and answer its exit code."""
    if find_spec("pip") is None:
        print(
            "There is no pip in .venv: this Python came without ensurepip. Install it (on Debian "
            "and Ubuntu the package python3-venv), say `make clean`, and try again.",
            file=sys.stderr,
        )
        return 1
    named = list(pairwise(arguments))
    total = sum(packages(Path(name).read_text()) for flag, name in named if flag == "-r")
    what = " ".join(name for flag, name in named if flag in ("-r", "-e"))
    print(f"installing {what}" + (f": {total} packages" if total else ""), flush=True)
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    with subprocess.Popen(  # noqa: S603 (pip, with make's own arguments)
        [*command, "--progress-bar", "off", "--retries", "2", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        output: list[str] = []
        done = threading.Event()
        threading.Thread(target=_beat, args=(done,), daemon=True).start()
        try:
            for line in told(_kept(pip.stdout, output), total):
                print(line, flush=True)
        finally:
            done.set()
    if pip.returncode:
        written = "".join(output)
        print(written[-3000:], explained(written), sep="\n", file=sys.stderr)
    return pip.returncode


def _kept(lines: Iterable[str], output: list[str]) -> Iterator[str]:
    for line in lines:
        output.append(line)
        yield line


def _beat(done: threading.Event) -> None:
    """Say how many packages are there, while that takes its time."""
    place = Path(sysconfig.get_path("purelib"))
    before = -1
    while not done.wait(EVERY):
        count = len(list(place.glob("*.dist-info")))
        print(f"  {count} packages are in {place}" if count != before else "  ...", flush=True)
        before = count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
