"""Pin the images that the container files stand on by digest, as a registry names them now.

`make pin-images` runs it where a registry can be reached, with skopeo or Docker; then read
`git diff`, build, and commit. Running it again moves to what the tags name by then. `--check` asks
nobody, and lists what isn't pinned. It needs nothing but Python.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

FILES = (
    "deploy/Dockerfile",
    "deploy/compose.yaml",
    "deploy/compose.several.yaml",
    "simulator/Containerfile",
)
OURS = ("qonto-connector:", "qonto-simulator:")
"""Built from here, so there is nothing to pin."""

_NAMED = re.compile(
    r"^(?P<before>FROM +| +image: )(?P<image>[\w./:-]+:[\w.-]+)(?P<digest>@\S+)?", re.MULTILINE
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NotFound(Exception):
    """No digest could be had; the message says why."""


def named(text: str) -> dict[str, str | None]:
    """Return the images of others that a file names, each with its digest, if it has one."""
    return {
        found["image"]: (found["digest"] or "").removeprefix("@") or None
        for found in _NAMED.finditer(text)
        if not found["image"].startswith(OURS)
    }


def pinned(text: str, digests: Mapping[str, str]) -> str:
    """Return the file with these digests behind its images."""

    def with_digest(found: re.Match[str]) -> str:
        image = found["image"]
        return f"{found['before']}{image}@{digests[image]}" if image in digests else found[0]

    return _NAMED.sub(with_digest, text)


def ask(image: str) -> str:
    """Return the digest that a registry gives for all platforms. Raises NotFound."""
    if shutil.which("skopeo"):
        raw = _said("skopeo", "inspect", "--raw", f"docker://{image}")
        return f"sha256:{hashlib.sha256(raw).hexdigest()}"
    if shutil.which("docker"):
        asked = ("docker", "buildx", "imagetools", "inspect", image)
        return _said(*asked, "--format", "{{.Manifest.Digest}}").decode().strip()
    raise NotFound("neither skopeo nor docker is installed")


def pin(root: Path, asked: Callable[[str], str] = ask) -> dict[str, str]:
    """Write the digests into the files, all or none, and return them. Raises NotFound."""
    texts = {root / name: (root / name).read_text() for name in FILES}
    images = sorted({image for text in texts.values() for image in named(text)})
    digests = {image: asked(image) for image in images}
    for image, digest in digests.items():
        if not _DIGEST.fullmatch(digest):
            raise NotFound(f"{image}: {digest!r} is no digest")
    for path, text in texts.items():
        path.write_text(pinned(text, digests))
    return digests


def unpinned(root: Path) -> list[str]:
    """Return what stands on a tag alone, with the file that says so."""
    return [
        f"{name}: {image}"
        for name in FILES
        for image, digest in named((root / name).read_text()).items()
        if digest is None
    ]


def _said(*command: str) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)  # noqa: S603
    if done.returncode != 0:
        raise NotFound(done.stderr.decode(errors="replace").strip() or f"{command[0]} failed")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Pin, or with `--check` say what isn't pinned; return the exit code."""
    root = Path(__file__).resolve().parents[1]
    if arguments == ["--check"]:
        for line in unpinned(root):
            print(f"warning: pinned by tag, not by digest: {line}; `make pin-images` pins it")
        return 0
    try:
        digests = pin(root)
    except (NotFound, subprocess.TimeoutExpired) as error:
        print(f"nothing was changed: {error}", file=sys.stderr)
        return 1
    for image, digest in digests.items():
        print(f"{image}@{digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
