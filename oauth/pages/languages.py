"""Which language a browser is answered in. Pure."""

import re

from oauth.pages.english import ENGLISH
from oauth.pages.french import FRENCH
from oauth.pages.german import GERMAN
from oauth.pages.italian import ITALIAN
from oauth.pages.spanish import SPANISH
from oauth.pages.texts import Texts

LANGUAGES = {texts.language: texts for texts in (ENGLISH, FRENCH, GERMAN, SPANISH, ITALIAN)}

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_LONGEST = 500


def choose_language(accept_language: str | None) -> Texts:
    """Return the texts a browser likes best; English when none of its languages is there.

    Among equals the first named counts; `q=0` refuses a language; what can't be read is skipped.
    """
    best, best_quality = ENGLISH, 0.0
    for part in (accept_language or "")[:_LONGEST].split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            continue
        texts = ENGLISH if match[1] == "*" else LANGUAGES.get(match[1].lower())
        quality = float(match[2] or 1)
        if texts is not None and quality > best_quality:
            best, best_quality = texts, quality
    return best
