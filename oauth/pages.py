"""The page a customer sees when a link ends here, because there is nowhere to send them."""

from html import escape

from starlette.responses import HTMLResponse

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The connection was not made</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }}
code {{ color: #555; }}
</style>
</head>
<body>
<main>
<h1>The connection was not made</h1>
<p>{happened}</p>
<p>Go back to the application you came from and start the connection again. If that doesn't help,
give its support this code: <code>{code}</code></p>
</main>
</body>
</html>
"""


def problem_page(code: str, happened: str, *, status: int) -> HTMLResponse:
    """Say what happened and what to do; `happened` is one sentence without its full stop."""
    sentence = f"{happened[:1].upper()}{happened[1:]}."
    page = _PAGE.format(happened=escape(sentence), code=escape(code))
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
