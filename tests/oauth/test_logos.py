"""Which pictures are taken, and which would be more than a picture."""

import base64
import struct
import zlib

import pytest

from oauth.logos import LARGEST, read_png, read_svg
from storage.errors import Invalid

NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'
SVG = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- a logo --><svg {NAMESPACE} viewBox="0 0 10 10"><title>Acme</title><defs>
<linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient>
<style>.x {{ fill: url('#a') }}</style></defs>
<g style="fill: url(#a)"><path class="x" d="M0 0h10v10z"/></g></svg>"""


def png(width: int = 2, height: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_drawing_is_taken_in_every_spelling_and_kept_as_it_is() -> None:
    uri = f"data:image/svg+xml;base64,{encoded(SVG.encode())}"
    for spelling in (SVG, encoded(SVG.encode()), uri):
        assert read_svg(spelling) == uri


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<a href='https://evil.example'><path d=''/></a>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
        "<image href='https://evil.example/x.png'/>",
        "<use href='#a'/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>",
        "<path d='' onload='alert(1)'/>",
        "<path d='' ONCLICK='alert(1)'/>",
        "<path d='' fill='url(https://evil.example/x#a)'/>",
        "<path d='' style='fill: u\\72l(https://evil.example)'/>",
        "<path d='' xmlns:x='http://www.w3.org/1999/xlink' x:href='https://evil.example'/>",
        "<textPath href='data:text/html,x'/>",
        "<style>@import 'https://evil.example/x.css';</style>",
        "<style>@imp<!-- -->ort 'https://evil.example/x.css';</style>",
        "<style><![CDATA[path { fill: url(//evil.example) }]]></style>",
        "<html:script xmlns:html='http://www.w3.org/1999/xhtml'>1</html:script>",
        "<?xml-stylesheet href='https://evil.example'?>",
        "<?php phpinfo() ?>",
    ],
)
def test_whatever_could_run_or_load_something_is_refused(inside: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_svg(f"<svg {NAMESPACE}>{inside}</svg>")
    assert [field.field for field in caught.value.fields] == ["logoSvg"]
    assert "evil" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "<svg>",
        "<svg/>",
        f"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg {NAMESPACE}>&a;</svg>",
        f"<svg {NAMESPACE}>&undefined;</svg>",
        encoded(f"<svg {NAMESPACE}/>".encode("utf-16")),
        f"<svg {NAMESPACE}>{'<g/>' * LARGEST}</svg>",
        encoded(b"\xff\xfe"),
        f"<html {NAMESPACE}/>",
    ],
)
def test_what_is_no_small_well_formed_svg_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_svg(text)


def test_a_png_is_taken_as_base64_or_data_uri() -> None:
    uri = f"data:image/png;base64,{encoded(png())}"
    assert read_png(encoded(png())) == read_png(uri) == uri


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", png()[:20], png(0), png(2, 5000), png() + bytes(LARGEST)]
)
def test_what_is_no_small_png_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_png(encoded(content))
    with pytest.raises(Invalid):
        read_png("data:image/gif;base64," + encoded(content))
