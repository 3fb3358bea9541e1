"""Looks for known vulnerabilities in the pinned requirements; says so when it can't look."""

import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    requirements = Path(__file__).parents[1] / "requirements" / "base.txt"
    command = [
        str(Path(sys.executable).with_name("pip-audit")),
        *("--requirement", str(requirements), "--disable-pip", "--require-hashes"),
        *("--progress-spinner", "off", "--timeout", "10", "--format", "json"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        found = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        print("audit skipped: the vulnerability database can't be reached from here")
        return 0
    audited = [entry for entry in found if "skip_reason" not in entry]
    if not audited:
        print("audit skipped: the package index here has no vulnerability data")
        return 0
    vulnerable = [entry for entry in audited if entry["vulns"]]
    for entry in vulnerable:
        for vulnerability in entry["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no release yet"
            print(f"{entry['name']} {entry['version']}: {vulnerability['id']}, fixed in {fixed}")
    print(f"audit: {len(audited)} of {len(found)} packages looked up, {len(vulnerable)} vulnerable")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
