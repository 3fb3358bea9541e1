"""Which pictures may stand for a vendor on pages that its customers see. Pure.

An SVG is a document that can run scripts and load things. It's taken only when it is a drawing and
nothing else, and is handed on as a data URI, which an <img> shows without running anything.
"""

import base64
import re
from xml.etree import ElementTree

from storage.errors import Invalid

LARGEST = 100_000
"""Bytes of a logo."""
LONGEST = 4 * LARGEST
"""Characters of a logo as it is sent."""
_WIDEST = 4000

_SVG = "http://www.w3.org/2000/svg"
_DRAWING = frozenset(
    {
        *("svg", "g", "defs", "title", "desc", "style", "path", "rect", "circle", "ellipse"),
        *("line", "polyline", "polygon", "text", "tspan", "textPath", "linearGradient"),
        *("radialGradient", "stop", "clipPath", "mask", "pattern", "marker"),
    }
)
"""What a drawing is made of; <use> isn't there, since it can be nested without end."""
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_URI = "data:image/png;base64,"
_SVG_URI = "data:image/svg+xml;base64,"
# Declarations (with which entities come) and instructions; comments and CDATA are fine.
_DECLARATION = re.compile(r"<!(?!--|\[CDATA\[)|<\?(?!xml\s)|<\?xml-", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"url\((?!\s*['\"]?\s*#)|image-set\(|src\(|@import|javascript:|expression\(|\\", re.IGNORECASE
)


def read_png(text: str) -> str:
    """Return a PNG, sent as base64 or as a data URI, as a data URI. Raises Invalid."""
    content = _decoded(text.removeprefix(_PNG_URI), "logoPng")
    is_png = content.startswith(_PNG) and content[12:16] == b"IHDR" and len(content) >= 33
    width, height = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
    if not is_png or not (0 < width <= _WIDEST and 0 < height <= _WIDEST):
        raise _refusal("logoPng", f"it is not a PNG of at most {_WIDEST} pixels a side")
    return _PNG_URI + base64.b64encode(content).decode()


def read_svg(text: str) -> str:
    """Return an SVG, sent as markup, base64 or a data URI, as a data URI. Raises Invalid."""
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        content = text.encode(errors="replace")
    else:
        content = _decoded(text.removeprefix(_SVG_URI), "logoSvg")
    if len(content) > LARGEST:
        raise _refusal("logoSvg", f"it is larger than {LARGEST} bytes")
    try:
        _check_drawing(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError):
        raise _refusal("logoSvg", "it is not well-formed SVG in UTF-8") from None
    return _SVG_URI + base64.b64encode(content).decode()


def _check_drawing(markup: str) -> None:
    if _DECLARATION.search(markup):
        raise _refusal("logoSvg", "it has a document type, an entity or an instruction")
    # Without a document type there are no entities to expand.
    root = ElementTree.fromstring(markup.lstrip())  # noqa: S314
    if root.tag != f"{{{_SVG}}}svg":
        raise _refusal("logoSvg", "it is not an <svg> in the SVG namespace")
    for element in root.iter():
        namespace, _, name = element.tag.rpartition("}")
        if namespace != f"{{{_SVG}" or name not in _DRAWING:
            raise _refusal("logoSvg", f"a logo can't have <{name[:40]}>; export it as plain SVG")
        _check_attributes(element)
        if _OUTSIDE.search(element.text or ""):
            raise _refusal("logoSvg", "its style refers to something outside the file")


def _check_attributes(element: "ElementTree.Element") -> None:
    for full, value in element.attrib.items():
        name = full.rpartition("}")[2].lower()
        if name.startswith("on"):
            raise _refusal("logoSvg", f"a logo can't have scripts ({name[:40]})")
        if name in ("href", "src") and not value.strip().startswith("#"):
            raise _refusal("logoSvg", "it refers to something outside the file")
        if _OUTSIDE.search(value):
            raise _refusal("logoSvg", "it refers to something outside the file")


def _decoded(text: str, field: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        raise _refusal(field, "it is not base64") from None
    if len(content) > LARGEST:
        raise _refusal(field, f"it is larger than {LARGEST} bytes")
    return content


def _refusal(field: str, reason: str) -> Invalid:
    return Invalid.one(field, "LOGO_NOT_ALLOWED", f"{field} can't be used: {reason}")
