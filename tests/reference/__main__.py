"""Write the reference pages again, from the code: `python -m tests.reference`."""

import asyncio

from tests.reference.pages import FOLDER, pages

for name, text in asyncio.run(pages()).items():
    (FOLDER / name).write_text(text)
