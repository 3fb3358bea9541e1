"""The copy that Qonto's guide on use cases describes, said in our own words, for comparison.

What changed between the last time and now is listed page by page; each invoice that names a file
gets it; then the time is stored. One request at a time; whatever is refused ends the run, and the
next one begins where it did. An invoice that names no file yet is passed over.

Run as a program with an address, a token, a folder and the last time it copies once, and prints
what came of it as one line of JSON. The folder is the consumer's: a file for each record.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2


def copy(address: str, token: str, folder: Path, last: str) -> dict[str, Any]:
    """Copy what changed since the last time; return that of the next run, and what was read."""
    headers = {"Authorization": f"Bearer {token}"}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told: dict[str, Any] = {"next": last, "read": 0, "failed": None}
    began = time.perf_counter()
    with httpx2.Client(base_url=f"{address}/v2", headers=headers, timeout=60) as http:
        try:
            invoices, page = list[Any](), 1
            while page:
                query: dict[str, Any] = {
                    "filter[updated_at_from]": last,
                    "filter[updated_at_to]": now,
                    "per_page": 100,
                    "page": page,
                }
                answer = http.get("/client_invoices", params=query).raise_for_status().json()
                invoices += answer["client_invoices"]
                page = answer["meta"]["next_page"]
            told["read"] = len(invoices)
            for one in invoices:
                (folder / "records" / f"{one['id']}.json").write_text(json.dumps(one))
                if one["attachment_id"]:
                    path = f"/attachments/{one['attachment_id']}"
                    file = http.get(path).raise_for_status().json()["attachment"]
                    content = httpx2.get(file["url"]).raise_for_status().content
                    (folder / "files" / file["file_name"]).write_bytes(content)
            told["next"] = now
        except httpx2.HTTPStatusError as error:
            told["failed"] = error.response.status_code
    return {**told, "seconds": time.perf_counter() - began}


if __name__ == "__main__":
    _, address, token, folder, last = sys.argv
    for part in ("records", "files"):
        (Path(folder) / part).mkdir(parents=True, exist_ok=True)
    print(json.dumps(copy(address, token, Path(folder), last)), flush=True)
