"""A browser-like client: it keeps cookies, follows redirects and fills plain forms.

For the demo, the sandbox and tests, where somebody has to log in and consent at the simulator.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2

MOST_STEPS = 20


class LinkFailed(Exception):
    """The walk ended somewhere else than at the vendor."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who logs in at the provider. `repr` hides the secrets."""

    username: str
    password: str = field(repr=False)
    code: str = field(default="123456", repr=False)
    consents: bool = True


@dataclass(slots=True)
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[str] = field(default_factory=list[str])
    buttons: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = attributes.get("method", "get").lower()
            self.forms.append(_Form(attributes.get("action", ""), method))
        elif self.forms and tag in ("input", "button", "select", "option"):
            self._control(self.forms[-1], tag, attributes)

    def _control(self, form: _Form, tag: str, attributes: dict[str, str]) -> None:
        name, value = attributes.get("name", ""), attributes.get("value", "")
        kind = attributes.get("type", "submit" if tag == "button" else "text")
        if not name:
            return
        if kind == "submit":
            form.buttons.append((name, value))
        elif kind == "radio":
            form.fields.setdefault(name, value)
        elif kind == "hidden":
            form.fields[name] = value
        else:
            form.asked.append(name)


async def consent(url: str, person: Person, *, stop_at: str) -> str:
    """Open a link, do what its pages ask, and answer the address at `stop_at` it ends at.

    `stop_at` is the beginning of the vendor's callback URL; that last page isn't opened. Raises
    LinkFailed when the walk ends elsewhere.
    """
    async with httpx2.AsyncClient(follow_redirects=False, timeout=15) as browser:
        response = await browser.get(url)
        for _ in range(MOST_STEPS):
            here = str(response.request.url)
            if response.is_redirect:
                there = urljoin(here, response.headers["Location"])
                if there.startswith(stop_at):
                    return there
                response = await browser.get(there)
                continue
            parser = _Forms()
            parser.feed(response.text)
            if not parser.forms:
                raise LinkFailed(f"{_path(here)} answered {response.status_code} without a form")
            form = parser.forms[0]
            target = urljoin(here, form.action or here)
            data = _fill(form, person)
            response = (
                await browser.post(target, data=data)
                if form.method == "post"
                else await browser.get(target, params=data)
            )
        raise LinkFailed(f"no end after {MOST_STEPS} pages")


def _fill(form: _Form, person: Person) -> dict[str, str]:
    data = dict(form.fields)
    for name in form.asked:
        lower = name.lower()
        if "password" in lower:
            data[name] = person.password
        elif "code" in lower or "otp" in lower:
            data[name] = person.code
        else:
            data[name] = person.username
    if form.buttons:
        deny = ("deny", "cancel", "refuse")
        wanted = [b for b in form.buttons if (b[1].lower() in deny) != person.consents]
        name, value = (wanted or form.buttons)[0]
        data[name] = value
    return data


def _path(url: str) -> str:
    """Leave the query out: it may hold a code or state."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
