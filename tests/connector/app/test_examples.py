"""The examples in the description are what the service answers, and give nothing away."""

import json
import re
from typing import Any

from connector.app.openapi_webhooks import ANNOUNCED
from connector.app.operations import described_operations, document
from tests.examples import FILE, examples, written
from tests.support.described import API
from tests.support.described_calls import NOT_CALLED
from tests.support.described_schema import complaints, strict

LARGEST = 200_000


async def test_the_file_is_current() -> None:
    """`make examples` writes it again."""
    assert FILE.read_text() == written(await examples())


def test_every_example_is_as_its_schema_says() -> None:
    found = list(contents(strict()["paths"])) + list(contents(strict()["webhooks"]))
    assert len(found) > len(described_operations())
    wrong = [
        (name, complaint)
        for name, content in found
        if "example" in content
        for complaint in complaints(content["schema"], content["example"])
    ]
    assert wrong == []


def test_every_call_has_an_example() -> None:
    """But those that no vendor makes, that need no key, or that never succeed."""
    shown = set(json.loads(FILE.read_text())["operations"])
    expected = {one.name for one in described_operations() if one.status < 400}
    assert expected - shown <= set(NOT_CALLED)
    assert {one.name for one in ANNOUNCED} == set(document(API)["webhooks"])


def test_the_file_is_small_and_holds_nothing_that_looks_like_a_secret() -> None:
    text = FILE.read_text()
    assert len(text.encode()) < LARGEST
    assert not re.search(r"\b(sk|acc|whsec|ory_\w\w)_[A-Za-z0-9+/=_-]{30,}", text)
    assert not re.search(r"\b[0-9a-f]{64}\b", text)
    assert "BEGIN " not in text


def contents(paths: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """List every described body, of requests and answers."""
    return [
        (f"{method} {path}", content)
        for path, methods in paths.items()
        for method, operation in methods.items()
        for body in (operation.get("requestBody", {}), *operation["responses"].values())
        for content in body.get("content", {}).values()
    ]
