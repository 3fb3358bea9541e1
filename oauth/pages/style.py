"""How a tenant's pages look, and colours that stay readable whatever it chose. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE | re.ASCII)
_LOGO = re.compile(r"data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/=]+", re.ASCII)
_READABLE = 4.5
"""WCAG 2.2, 1.4.3: the least contrast of text."""


@dataclass(frozen=True, slots=True)
class PageTheme:
    """A tenant's style. What is missing, or not fit to be used, is left to the pages."""

    name: str
    logo: str | None = None
    """A data URI of a PNG or SVG, for an <img>."""
    colours: Mapping[str, str] = field(default_factory=dict[str, str])
    """#rrggbb by backgroundColor, titleColor, textColor and submitButtonColor."""

    @property
    def safe_logo(self) -> str | None:
        """The logo if it is an image in the page itself, nothing to be fetched."""
        return self.logo if self.logo is not None and _LOGO.fullmatch(self.logo) else None

    def css(self) -> str:
        """Write the colours as CSS variables; empty when the tenant chose none.

        A colour that couldn't be read on its background gives way to black or white.
        """
        chosen = {name: value for name, value in self.colours.items() if _HEX.fullmatch(value)}
        rules: dict[str, str] = {}
        if background := chosen.get("backgroundColor"):
            text = _readable(chosen.get("textColor"), background)
            rules |= {
                "--page": background,
                "--card": background,
                "--text": text,
                "--soft": text,
                "--title": _readable(chosen.get("titleColor"), background),
                "--link": text,
                "--note": background,
            }
            rules["color-scheme"] = "light" if text == "#000000" else "normal"
        if button := chosen.get("submitButtonColor"):
            rules |= {"--button": button, "--button-text": _readable(None, button)}
        if not rules:
            return ""
        return ":root{" + ";".join(f"{name}:{value}" for name, value in rules.items()) + "}"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #rrggbb colours, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(wanted: str | None, background: str) -> str:
    if wanted is not None and contrast(wanted, background) >= _READABLE:
        return wanted
    return max(("#000000", "#ffffff"), key=lambda plain: contrast(plain, background))


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
