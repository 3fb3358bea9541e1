"""Commands run inside the tests' own process, which spares them seconds of imports."""

import asyncio
import contextlib
import io
import os
import sys
from collections.abc import Mapping
from unittest import mock

from connector.app.cli import invoke


async def run(*arguments: str, env: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command to its end; return exit code, standard output and standard error."""
    return await asyncio.to_thread(_run, arguments, env)


def _run(arguments: tuple[str, ...], env: Mapping[str, str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        mock.patch.dict(os.environ, env, clear=True),
        mock.patch.object(sys, "argv", ["qonto-connector", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            invoke()
        except SystemExit as ended:
            code = ended.code
    assert code is None or isinstance(code, int)
    return code or 0, out.getvalue(), err.getvalue()
