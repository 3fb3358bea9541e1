"""A client in TypeScript, by openapi-typescript and openapi-fetch."""

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import Served, run
from tests.support.node import COMPILER, MODULES, lay_out, node

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(not MODULES.exists(), reason="no generators: python -m tests.clients"),
]


async def test_generated_types_compile_and_a_client_reads_a_page(
    served: Served, tmp_path: Path
) -> None:
    """Strictly: a field that may be null, a word or a code of another kind would be an error."""
    lay_out(tmp_path, lib=["es2022", "dom"])
    shutil.copy(Path(__file__).with_name("read_invoices.ts"), tmp_path)
    generator = MODULES / "openapi-typescript" / "bin" / "cli.js"
    await run(node(), generator, served.description, "--output", "schema.d.ts", within=tmp_path)
    await run(node(), COMPILER, within=tmp_path)
    said = await run(node(), "read_invoices.js", within=tmp_path, environment=served.environment)
    answer = json.loads(said)
    assert answer["count"] == 5 < answer["total"]
    assert answer["id"] and answer["status"].isupper()
    assert answer["code"] == "NOT_FOUND"
