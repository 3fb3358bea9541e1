"""A very small browser: walks the authorization pages as the test user would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2

SMS_CODE = "123456"
_STEPS = 12


@dataclass(slots=True)
class _Form:
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    buttons: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class _Page(HTMLParser):
    """The words of a page's main part, and its first form with inputs and buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.form: _Form | None = None
        self.words: list[str] = []
        self.next = ""
        self._open = False
        self._in_main = False
        self.feed(html)

    def handle_data(self, data: str) -> None:
        if self._in_main:
            self.words += data.split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_main = self._in_main or tag == "main"
        if tag == "meta" and values.get("http-equiv") == "refresh":
            self.next = values.get("content", "").partition("url=")[2]
        if tag == "form" and self.form is None:
            self.form, self._open = _Form(values.get("action", "")), True
        if self.form is None or not self._open or "name" not in values:
            return
        if tag == "button":
            self.form.buttons.append((values["name"], values.get("value", "")))
        if tag == "input" and (values.get("type") != "radio" or "checked" in values):
            self.form.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


class ConsentFailed(RuntimeError):
    """The pages did not lead to a redirect."""


async def give_consent(
    http: httpx2.AsyncClient,
    authorization_url: str,
    *,
    allow: bool = True,
    organization_id: str | None = None,
    username: str | None = None,
    password: str | None = None,
) -> str:
    """Follows an authorization address through its pages; returns the address it redirects to.

    That address is not called; ``deliver_callback`` does it, as often as wanted. The pages come
    filled in with the test user; ``username`` (any member has the same password) and ``password``
    replace that. ``http`` needs a cookie jar, as every client has one.
    ``ConsentFailed`` tells what a page said when it leads nowhere.
    """
    own = _origin(authorization_url)
    url = authorization_url
    response = await http.get(url, follow_redirects=False)
    for _ in range(_STEPS):
        if response.is_redirect:
            url = urljoin(url, response.headers["location"])
            if _origin(url) != own or not urlsplit(url).path.startswith("/oauth2/"):
                return url
            response = await http.get(url, follow_redirects=False)
            continue
        page = _Page(response.text)
        if page.next:
            return urljoin(url, page.next)
        form = page.form
        if response.status_code != 200 or form is None:
            words = " ".join(page.words) or response.text
            raise ConsentFailed(f"{response.status_code}: {words[:300]}")
        fields = dict(form.fields)
        for name, value in (
            ("username", username),
            ("password", password),
            ("organization_id", organization_id),
        ):
            if value is not None and name in fields:
                fields[name] = value
        wanted = ("action", "allow" if allow else "deny")
        name, value = wanted if wanted in form.buttons else form.buttons[0]
        url = urljoin(url, form.action)
        response = await http.post(url, data={**fields, name: value}, follow_redirects=False)
    raise ConsentFailed("the pages go round in circles")


async def deliver_callback(
    http: httpx2.AsyncClient, callback_url: str, *, times: int = 1
) -> list[httpx2.Response]:
    """Calls the address that ``give_consent`` returned, ``times`` times at once; returns the
    answers."""
    calls = [http.get(callback_url, follow_redirects=False) for _ in range(times)]
    return list(await asyncio.gather(*calls))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
