"""Writes a bill of materials for each image from its pinned requirements: `make sbom`."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.distributions import only_for_build

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "build" / "sbom"
IMAGES = {
    "qonto-connector": (ROOT, ROOT / "requirements" / "base.txt"),
    "qonto-simulator": (ROOT / "simulator", ROOT / "simulator" / "requirements.txt"),
}
_PIN = re.compile(r"^([\w.-]+)==.*\n(?:[ ].*\n)*", re.MULTILINE)


def pins(requirements: str) -> dict[str, str]:
    """Return each distribution with its lines of a requirements file: version and hashes."""
    return {found[1]: found[0] for found in _PIN.finditer(requirements)}


def in_the_image(project: Path, requirements: Path) -> str:
    """Return the requirements without what only builds the wheel, as the images drop it."""
    dropped = only_for_build(project)
    found = pins(requirements.read_text())
    return "".join(lines for name, lines in found.items() if name not in dropped)


def write(image: str, target: Path) -> Path:
    """Write an image's bill of materials as CycloneDX into a folder; return the file."""
    project, requirements = IMAGES[image]
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"{image}.cdx.json"
    command = [
        str(Path(sys.executable).with_name("cyclonedx-py")),
        *("requirements", "--pyproject", str(project / "pyproject.toml")),
        *("--mc-type", "application", "--spec-version", "1.6", "--output-format", "JSON"),
        *("--output-reproducible", "--validate", "--output-file", str(file), "-"),
    ]
    pinned = in_the_image(project, requirements)
    subprocess.run(command, input=pinned, text=True, check=True, timeout=120)
    return file


if __name__ == "__main__":
    for name in IMAGES:
        print(write(name, TARGET).relative_to(ROOT))
