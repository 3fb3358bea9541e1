"""Receives events on this machine and shows them."""

import json
import os
from pathlib import Path

from rich.text import Text

from connector.app.listen import Received, Receiver
from connector.app.serving import bind, serving, shutdown_signal
from connector.app.terminal import err, fail, out, run
from connector.app.text_files import read_text


def listen(port: int, secret_file: Path | None) -> None:
    """Print what arrives, until SIGTERM or Ctrl-C; the secret is in the file or WEBHOOK_SECRET."""
    secret = _read_secret(secret_file) if secret_file else os.environ.get("WEBHOOK_SECRET")

    def heard(received: Received) -> None:
        genuine = received.problem is None
        verdict = Text("verified", "green") if genuine else received.problem
        out.print(f"{received.id} ", verdict, "", json.dumps(received.body), soft_wrap=True)

    async def work() -> None:
        receiver = Receiver(secret, heard)
        with shutdown_signal() as told:
            async with serving(receiver.app, bind("127.0.0.1", port)) as address:
                err.print(f"listening on {address}, any path", highlight=False)
                await told.wait()

    run(work())


def _read_secret(file: Path) -> str:
    try:
        return read_text(file)
    except ValueError as error:
        fail(f"{file} {error}")
