"""Builds the documents as a site: `python -m tests.docs.site`. A broken link is an error."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.markdown import ROOT, documents, links

CONFIGURATION = "zensical.toml"
BUILD = Path("build")
"""Where pages and site are, below the folder of the configuration."""


def lay_out(folder: Path) -> None:
    """Put the documents, and the files that they link to, where the generator looks for pages."""
    pages = folder / BUILD / "docs"
    shutil.rmtree(pages, ignore_errors=True)
    for path in {*documents(), *_linked()}:
        copy = pages / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    if folder != ROOT:
        shutil.copyfile(ROOT / CONFIGURATION, folder / CONFIGURATION)


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of the pages laid out in a folder; its return code says whether it's whole."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "zensical"), "build", "--clean", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )


def _linked() -> set[Path]:
    """Find the files of the repository that documents link to: settings, pictures, the licence."""
    targets = (
        (document.parent / target.partition("#")[0]).resolve()
        for document in documents()
        for target in links(document)
        if not target.startswith(("https://", "mailto:", "#"))
    )
    return {path for path in targets if path.is_file()}


if __name__ == "__main__":
    lay_out(ROOT)
    done = build(ROOT)
    print(done.stdout + done.stderr)
    sys.exit(done.returncode)
