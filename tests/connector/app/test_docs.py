"""/docs, /llms.txt and /openapi.json: what they show, and that the page asks nobody."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from starlette.requests import Request

from connector.api.openapi_errors import error_codes
from connector.app.docs import Reference
from connector.app.docs_operations import Publishing, page_of, root
from connector.app.openapi_webhooks import ANNOUNCED
from connector.app.operations import described_operations, document
from tests.support.chromium import CHROMIUM, WITHOUT, open_page
from tests.support.described import API, in_process

HERE = Publishing(API, document)
PATHS = ("/docs", "/llms.txt", "/openapi.json")
LARGEST = 1_500_000


class Read(HTMLParser):
    """A page's ids, links, and whatever a browser would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            if name in ("src", "srcset", "action", "poster") or (tag == "link" and name == "href"):
                self.fetched.append(value or "")
            if name == "style" or name.startswith("on"):
                self.handlers.append(name)


@pytest.fixture
async def anyone(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without any key."""
    async with in_process(tmp_path) as up, up.client() as client:
        client.headers.pop("X-API-KEY")
        yield client


@pytest.fixture(scope="module")
def html() -> str:
    return page_of(HERE).body.decode()


@pytest.mark.parametrize("path", PATHS)
async def test_it_is_open_and_not_sent_again_to_who_has_it(
    path: str, anyone: httpx2.AsyncClient
) -> None:
    """With an ETag that stays, and no body for a client that knows it."""
    first = await anyone.get(path)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = await anyone.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
    other = await anyone.get(path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("path", PATHS)
async def test_it_is_small_on_the_way_to_who_takes_gzip(
    path: str, anyone: httpx2.AsyncClient
) -> None:
    small = await anyone.get(path, headers={"Accept-Encoding": "gzip"})
    plain = await anyone.get(path, headers={"Accept-Encoding": "identity"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert small.content == plain.content
    assert int(small.headers["Content-Length"]) < len(plain.content) / 2
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


async def test_what_looks_like_it_is_not_open(anyone: httpx2.AsyncClient) -> None:
    """The paths that are open for reading stand for nothing else."""
    assert (await anyone.post("/docs")).status_code == 405
    assert (await anyone.get("/docs/x")).status_code == 403


async def test_the_address_alone_leads_to_the_page_and_a_slash_more_does_not_matter(
    anyone: httpx2.AsyncClient,
) -> None:
    led = await anyone.get("/", follow_redirects=False)
    assert (led.status_code, led.headers["Location"]) == (302, "/docs")
    page, folder = await anyone.get("/docs"), await anyone.get("/docs/")
    assert folder.status_code == 200
    assert (folder.text, folder.headers["ETag"]) == (page.text, page.headers["ETag"])


async def test_below_a_path_of_the_public_address_it_leads_there() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    handler = root.handler
    assert handler is not None
    led = await handler(Publishing("https://host.example/qonto", document), Request(scope))
    assert led.headers["Location"] == "/qonto/docs"


def test_the_document_is_made_once() -> None:
    assert document(API) is document(API)
    assert page_of(HERE) is page_of(HERE)


def test_every_call_message_code_and_field_is_on_the_page(html: str) -> None:
    """Each call can be linked to by its operation id."""
    read = Read(html)
    assert {one.name for one in described_operations()} <= set(read.ids)
    assert {f"webhook-{one.name}" for one in ANNOUNCED} <= set(read.ids)
    plain = html.replace("<wbr>", "")
    assert all(f"<code>{one.code}</code>" in plain for one in error_codes())
    for name in document(API)["components"]["schemas"]["Invoice"]["properties"]:
        assert f"<code>{name}</code>" in html
    for one in described_operations():
        assert f"<code>{one.path}</code>" in plain


def test_no_id_is_there_twice_and_every_link_leads_somewhere(html: str) -> None:
    read = Read(html)
    assert len(read.ids) == len(set(read.ids))
    inside = {link[1:] for link in read.links if link.startswith("#")}
    assert inside <= set(read.ids)
    outside = {link for link in read.links if not link.startswith("#")}
    assert outside == {f"{API}/openapi.json", f"{API}/llms.txt"}


def test_a_browser_fetches_nothing_and_runs_only_what_the_policy_names(html: str) -> None:
    """No address but a link; one style sheet and one script, by their hashes."""
    read = Read(html)
    assert set(read.fetched) == {"data:,", f"{API}/llms.txt"}  # an icon, and a link for programs
    assert read.handlers == []
    policy = page_of(HERE).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert len(html.encode()) < LARGEST


def test_what_a_field_may_be_is_told(html: str) -> None:
    """Types in words, whether null is possible, and every choice."""
    (listed,) = [
        call
        for group in Reference(document(API)).groups
        for call in group.calls
        if call.id == "listInvoices"
    ]
    (answer,) = listed.answers
    assert answer.shape is not None and answer.shape.enveloped
    assert answer.shape.title == "list of Invoice"
    fields = {field.name: field for field in answer.shape.fields}
    assert (fields["totalAmount"].type, fields["totalAmount"].nullable) == ("number", True)
    assert (fields["lineItems"].type, fields["lineItems"].model) == (
        "list of InvoiceLine",
        "InvoiceLine",
    )
    assert "OVERDUE" in fields["status"].choices
    limit = next(one for one in listed.parameters if one.name == "limit")
    assert (limit.choices, limit.default) == (("5", "10", "20", "50", "100"), "50")
    page = next(one for one in listed.parameters if one.name == "page")
    assert (page.limits, page.default) == (("at least 1",), "1")
    assert listed.keys == "API key and account key"
    assert {failure.status for failure in listed.failures} >= {"400", "401", "403", "429"}


def test_what_a_value_must_keep_to_is_told(html: str) -> None:
    """Least, most, length and pattern, of a field that may be null as well."""
    calls = {call.id: call for group in Reference(document(API)).groups for call in group.calls}
    request = calls["createWebhook"].request
    assert request is not None
    limits = {field.name: field.limits for field in request.fields}
    assert limits["coalesceSeconds"] == ("at least 0", "at most 300")
    assert limits["callbackUrl"] == ()
    assert ", length at most 200</span>" in html
    assert ", matching <code>^[^" in html


def test_commands_have_what_the_call_needs() -> None:
    """The keys as variables, a body that a shell takes, an id that an example has."""
    calls = {call.id: call for group in Reference(document(API)).groups for call in group.calls}
    single = calls["getInvoice"].curl
    assert re.search(rf"{API}/accounting/invoices/[0-9a-f-]{{36}}", single)
    assert '"X-API-KEY: $API_KEY"' in single and '"X-ACCOUNT-KEY: $ACCOUNT_KEY"' in single
    subscribe = calls["createWebhook"].curl
    assert subscribe.startswith(f"curl -sS -X POST {API}/webhooks")
    assert '-d \'{"callbackUrl": ' in subscribe
    assert "KEY" not in calls["getHealth"].curl
    assert "/auth/qonto" in calls["getLinkUrl"].curl


def test_commands_for_one_record_all_name_that_record() -> None:
    """Not the id of a line, of a file or of a job that the answer is about."""
    calls = [call for group in Reference(document(API)).groups for call in group.calls]
    singles = {
        call.path: call.curl.split()[2]
        for call in calls
        if call.method == "GET" and call.path.startswith("/accounting/") and call.path[-1] == "}"
    }
    below = [
        (call, single)
        for call in calls
        for path, single in singles.items()
        if call.path.startswith(f"{path}/")
    ]
    assert len(below) >= 10
    for call, single in below:
        assert f"{single}/" in call.curl, call.path


@pytest.mark.covers("MAE-31", "DOC-21")
async def test_language_models_are_told_every_call_in_a_line(anyone: httpx2.AsyncClient) -> None:
    """With a link to its place on the page, and what holds for all of them."""
    answer = await anyone.get("/llms.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    for one in described_operations():
        link = f"- [{one.method} {one.path}]({API}/docs#{one.name}): {one.summary}."
        assert sum(line.startswith(link) for line in lines) == 1
    assert all(f"`{one.code}`" in answer.text for one in error_codes())
    for word in ("X-API-KEY", "X-ACCOUNT-KEY", "Retry-After", "X-MAESN-SIGNATURE", "perPage"):
        assert word in answer.text
    assert "&#" not in answer.text and "&amp;" not in answer.text
    assert "\n\n\n" not in answer.text


@pytest.mark.loopback
@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
async def test_a_browser_has_no_complaint_and_opens_the_call_that_is_linked_to(
    html: str, tmp_path: Path
) -> None:
    """The script runs under the policy: it opens the call and offers the search."""
    policy = page_of(HERE).headers["Content-Security-Policy"].partition("; form-action")[0]
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    file = tmp_path / "docs.html"
    file.write_text(html.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{meta}'))
    opened = await open_page(f"file://{file}#createWebhook")
    assert opened.console == ()
    assert opened.hosts == frozenset()
    assert re.search(
        r'<details class="call" open="">.*?<div class="body" id="createWebhook">',
        opened.dom,
        re.DOTALL,
    )
    assert 'id="search"' in opened.dom and not re.search(r'id="search"[^>]* hidden', opened.dom)
