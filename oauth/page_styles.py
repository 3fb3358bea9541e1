"""How a tenant's pages look to its customers: name, logo and seven colours."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oauth.audit import OPERATOR, entry
from oauth.logos import read_png, read_svg
from oauth.pages import style as looks
from storage.clock import Clock, system_clock
from storage.errors import FieldError, Invalid, NotFound
from storage.repositories.page_styles import StoredPageStyle
from storage.repositories.tenants import Tenant
from storage.unit_of_work import UnitOfWork

COLORS = (
    "backgroundColor",
    "titleColor",
    "textColor",
    "inputBackgroundColor",
    "submitButtonColor",
    "cancelButtonColor",
    "errorTextColor",
)
_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class PageStyle:
    """A checked style; what is None or missing is left to the pages."""

    name: str | None = None
    logo_svg: str | None = None
    """A data URI for an <img>."""
    logo_png: str | None = None
    colors: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names to #rrggbb."""


def check_style(
    *,
    name: str | None,
    logo_svg: str | None,
    logo_png: str | None,
    colors: Mapping[str, str | None],
) -> PageStyle:
    """Read a style as it was sent. Pure. Raises Invalid, one entry per wrong field."""
    wrong: list[FieldError] = []
    chosen: dict[str, str] = {}
    for color, value in colors.items():
        if value is None:
            continue
        if not _COLOR.fullmatch(value):
            wrong.append(FieldError(color, "INVALID", f"{color} is written #rgb or #rrggbb"))
        else:
            chosen[color] = _six_digits(value.lower())
    logos: list[str | None] = []
    for logo, read in ((logo_svg, read_svg), (logo_png, read_png)):
        try:
            logos.append(None if logo is None else read(logo))
        except Invalid as error:
            wrong += error.fields
    if wrong:
        raise Invalid(f"the style has {len(wrong)} wrong field(s)", wrong)
    return PageStyle(name, logos[0], logos[1], chosen)


@dataclass(frozen=True)
class PageStyles:
    """The use cases around styles."""

    work: UnitOfWork
    clock: Clock = system_clock

    async def put(self, tenant: Tenant, style: PageStyle, *, by: str = OPERATOR) -> None:
        """Store a tenant's style, in the place of any there was."""
        at: datetime = self.clock()
        async with self.work.writing() as tx:
            await tx.page_styles.put(
                StoredPageStyle(
                    tenant_id=tenant.id,
                    name=style.name,
                    logo_svg=style.logo_svg,
                    logo_png=style.logo_png,
                    colors=json.dumps(dict(style.colors)),
                    updated_at=at,
                )
            )
            await tx.audit.add(entry("page_style.changed", by=by, at=at, tenant_id=tenant.id))

    async def get(self, tenant: Tenant, code: str | None = None) -> PageStyle:
        """Return a tenant's style, an empty one if none was set.

        Raises NotFound when `code` is another's than the tenant's id.
        """
        if code is not None and code != tenant.id:
            raise NotFound("there is no page style for this code; the code is your tenant id")
        async with self.work.reading() as tx:
            stored = await tx.page_styles.get(tenant.id)
        if stored is None:
            return PageStyle()
        colors: dict[str, str] = json.loads(stored.colors)
        return PageStyle(stored.name, stored.logo_svg, stored.logo_png, colors)

    async def worn(self, tenant: Tenant) -> looks.PageTheme:
        """Return how a tenant's pages look: its style, or its name alone."""
        chosen = await self.get(tenant)
        logo = chosen.logo_svg or chosen.logo_png
        return looks.PageTheme(chosen.name or tenant.name, logo, chosen.colors)


def _six_digits(color: str) -> str:
    return color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:])
