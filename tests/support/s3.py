"""A server that speaks S3's protocol and checks its signatures, on loopback: s3rver."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.support.node import MODULES, node

COMMAND = MODULES / "s3rver" / "bin" / "s3rver.js"
WITHOUT = "no s3rver: python -m tests.clients"
BUCKET = "documents"
KEY = "S3RVER"
_PATIENCE = 60.0


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Start a server with an empty bucket; return its endpoint."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            str(node()),
            str(COMMAND),
            *("--directory", str(folder), "--address", "127.0.0.1", "--port", str(port)),
            *("--configure-bucket", BUCKET, "--silent"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _answers(endpoint):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "s3rver did not start"
            time.sleep(0.05)
        yield endpoint
    finally:
        process.kill()
        process.communicate()


def _answers(endpoint: str) -> bool:
    try:
        with urlopen(endpoint, timeout=5):  # noqa: S310
            return True
    except HTTPError as refused:
        refused.close()
        return True
    except (URLError, OSError):
        return False
