"""Forms as they are sent: what another parser reads is what was put in, each time."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.types import Message

from connector.api.spooling import file_on_disk
from connector.api.uploads import UploadRule, read_form
from connector.multipart import FormPart, MultipartBody

RULE = UploadRule(part="file", file_bytes=1_000_000, many=True, most_files=3)


def test_there_and_back(tmp_path: Path) -> None:
    """Of the size that was said, twice, and read by the other side of the service."""
    contents = {
        "été.pdf": b"%PDF-" + bytes(range(256)) * 900,
        "b.pdf": b"",
        "--x.pdf": b"\r\n--\r\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = [file_on_disk(tmp_path / name) for name in contents]
    body = MultipartBody(
        [
            FormPart("note", "für\r\nalle"),
            *(FormPart("file", one, "application/pdf") for one in files),
        ]
    )

    async def through() -> None:
        for _ in range(2):
            sent = [chunk async for chunk in body.chunks()]
            assert sum(map(len, sent)) == body.size
            waiting = [*sent]

            async def receive(waiting: list[bytes] = waiting) -> Message:
                data = waiting.pop(0)
                return {"type": "http.request", "body": data, "more_body": bool(waiting)}

            headers = [(b"content-type", body.content_type.encode())]
            app = type("App", (), {"state": type("State", (), {})()})()
            scope = {"type": "http", "method": "POST", "headers": headers, "app": app}
            async with read_form(Request(scope, receive), RULE) as form:
                assert form.fields == {"note": "für\r\nalle"}
                read = {
                    one.name: b"".join([part async for part in one.read()]) for one in form.files
                }
                assert read == contents
                assert [one.digest for one in form.files] == [one.digest for one in files]

    asyncio.run(through())
