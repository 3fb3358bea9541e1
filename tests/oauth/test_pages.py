"""What the pages say and how they look: languages, words for scopes, colours."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from string import Formatter

import pytest

from connector.providers.qonto.provider import (
    DEFAULT_SCOPES,
    FULL_SCOPES,
    MAESN_SCOPES,
    SCOPE_MEANINGS,
)
from oauth.hosted import Invitation
from oauth.link_endings import Ending, LinkOutcome
from oauth.pages.english import ENGLISH
from oauth.pages.languages import LANGUAGES, choose_language
from oauth.pages.rendering import ending_page, link_page, problem_page
from oauth.pages.style import PageTheme, contrast
from oauth.pages.texts import Texts
from oauth.topics import Topic, Use, summarize
from storage.repositories.tenants import Tenant

TENANT = Tenant("ten_1", "Books & Co", datetime(2026, 1, 22, tzinfo=UTC))
PNG = "data:image/png;base64,iVBORw0KGgo="


def invitation(*scopes: str, log_in_first: bool = False) -> Invitation:
    asked = summarize(scopes or DEFAULT_SCOPES, SCOPE_MEANINGS)
    return Invitation(TENANT, "Qonto", asked, log_in_first, "http://127.0.0.1:1234/oauth2/auth")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("FR-CA", "fr"),
        ("pl, it;q=0.3, de;q=0.8", "de"),
        ("de;q=0.8, fr;q=0.8", "de"),
        ("fr;q=0, es;q=0.1", "es"),
        ("fr;q=0", "en"),
        ("*", "en"),
        ("*;q=0.1, it;q=0.5", "it"),
        ("nonsense;;q=9,,;q=, es ; q=0.4", "es"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_browsers_language_is_chosen_by_quality(accepted: str | None, language: str) -> None:
    assert choose_language(accepted).language == language


def test_there_are_five_languages() -> None:
    assert set(LANGUAGES) == {"en", "fr", "de", "es", "it"}


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=list(LANGUAGES))
def test_every_language_has_every_sentence_with_the_same_names_in_it(texts: Texts) -> None:
    for field in fields(Texts):
        own, english = getattr(texts, field.name), getattr(ENGLISH, field.name)
        if isinstance(english, str):
            assert own.strip(), field.name
            assert _names(own) == _names(english), field.name
            continue
        assert own.keys() == english.keys(), field.name
        assert all(own.values())
    assert set(texts.topics) == set(Topic)


def _names(sentence: str) -> set[str | None]:
    return {name for _, _, name, _ in Formatter().parse(sentence)} - {None}


def test_no_language_repeats_anothers_sentences() -> None:
    for field in fields(Texts):
        said = [getattr(texts, field.name) for texts in LANGUAGES.values()]
        if isinstance(said[0], str):
            assert len(set(said)) == 5, field.name


def test_every_scope_of_a_preset_has_words() -> None:
    for scopes in (DEFAULT_SCOPES, MAESN_SCOPES, FULL_SCOPES):
        assert summarize(scopes, SCOPE_MEANINGS).others == ()


def test_reading_and_writing_of_one_topic_are_one_line() -> None:
    asked = summarize(("client.write", "client.read", "x.read", "webhook"), SCOPE_MEANINGS)
    assert asked.uses == (Use(Topic.CLIENTS, writes=True),)
    assert (asked.others, asked.notified, asked.lasting) == (("x.read",), True, False)


def test_a_link_page_tells_who_asks_for_what_and_how_to_end_it() -> None:
    page = link_page(ENGLISH, PageTheme("Books & Co"), invitation(), action="/go")
    text = bytes(page.body).decode()
    assert "<h1>Books &amp; Co would like to connect to your Qonto account</h1>" in text
    assert re.search(r"Invoices to your customers</span> <span>read</span>", text)
    assert "makes no payments" in text
    assert "remove the connection among the connected apps" in text
    assert "until you end it" in text
    assert "sandbox" not in text
    wide = link_page(ENGLISH, PageTheme("B"), invitation("client.write", "card.write"), action="")
    text = bytes(wide.body).decode()
    assert "<span>read and change</span>" in text
    assert "<code>card.write</code>" in text
    assert "makes no payments" not in text


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=list(LANGUAGES))
def test_whoever_lets_payments_be_made_is_told_so(texts: Texts) -> None:
    """In words, not by the scope's name, and never that none are made."""
    page = link_page(texts, PageTheme("Books"), invitation("payment.write"), action="/go")
    text = bytes(page.body).decode()
    said = texts.payments.format(name="Books", provider="Qonto")
    assert said in text and texts.no_payments not in text
    assert "payment.write" not in text
    without = bytes(link_page(texts, PageTheme("Books"), invitation(), action="/go").body).decode()
    assert said not in without and texts.no_payments in without


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=list(LANGUAGES))
def test_the_sandboxes_page_says_to_log_in_there_first(texts: Texts) -> None:
    page = link_page(texts, PageTheme("B"), invitation(log_in_first=True), action="/go")
    assert texts.sandbox_text.replace("'", "&#39;") in bytes(page.body).decode()


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=list(LANGUAGES))
@pytest.mark.parametrize("outcome", list(LinkOutcome))
def test_every_end_says_what_to_do_next(texts: Texts, outcome: LinkOutcome) -> None:
    ending = Ending(outcome, TENANT, "Qonto", "ACME <SAS>", "STATE_EXPIRED", "https://x.example/a")
    page = ending_page(texts, PageTheme("Books & Co"), ending)
    text = bytes(page.body).decode()
    assert text.count("<h1>") == 1
    assert f'<html lang="{texts.language}">' in text
    assert ("ACME &lt;SAS&gt;" in text) is (outcome is LinkOutcome.LINKED)
    assert (texts.reasons["STATE_EXPIRED"] in text) is (outcome is LinkOutcome.FAILED)
    assert texts.try_again in text


def test_a_problem_without_words_is_told_in_general() -> None:
    page = problem_page(ENGLISH, "STRANGE", status=400)
    text = bytes(page.body).decode()
    assert ENGLISH.unknown_reason in text
    assert "<code>STRANGE</code>" in text


def test_a_style_shows_its_logo_and_colours() -> None:
    style = PageTheme("B", PNG, {"submitButtonColor": "#ffcc00", "backgroundColor": "#101010"})
    page = link_page(ENGLISH, style, invitation(), action="")
    text = bytes(page.body).decode()
    assert f'<img src="{PNG}" alt="B">' in text
    assert "--button:#ffcc00;--button-text:#000000" in text
    assert page.headers["Content-Security-Policy"].count("'sha256-") == 2


@pytest.mark.parametrize(
    "logo",
    ["https://evil.example/x.png", "data:text/html;base64,AAAA", 'data:image/png;base64,"', ""],
)
def test_a_logo_that_is_not_in_the_page_is_not_shown(logo: str) -> None:
    assert PageTheme("B", logo).safe_logo is None


def test_colours_that_could_not_be_read_give_way() -> None:
    css = PageTheme("B", None, {"backgroundColor": "#ffffff", "textColor": "#fefefe"}).css()
    assert "--text:#000000" in css
    assert PageTheme("B", None, {"backgroundColor": "red;}</style>"}).css() == ""
    assert round(contrast("#000000", "#ffffff")) == 21
