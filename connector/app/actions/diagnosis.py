"""Shows what the doctor finds."""

import json
import sys
from dataclasses import asdict

from rich.text import Text

from connector.app import doctor
from connector.app.actions.ground import settings
from connector.app.terminal import out, run


def show(as_json: bool) -> None:
    """Print every finding; exit code 1 when something must be done."""

    async def look() -> list[doctor.Finding]:
        return [finding async for finding in doctor.examine(settings())]

    findings = run(look())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        colours = {"ok": "green", "warning": "yellow", "problem": "red"}
        for finding in findings:
            mark = Text(f"{finding.verdict:<7} ", colours[finding.verdict])
            out.print(mark, f"{finding.subject}: {finding.message}")
    if any(finding.verdict == "problem" for finding in findings):
        sys.exit(1)
