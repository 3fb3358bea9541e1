"""How a vendor's pages look to its customers."""

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope
from connector.api.operation import Permission, operation
from connector.api.parsing import read_body, read_query
from oauth.admitted import caller_of, tenant_of
from oauth.answering import answer_vendor
from oauth.answers import PageStyleEntry
from oauth.page_styles import PageStyles
from oauth.requests import PageStyleQuery, PageStyleRequest


@operation(
    "POST",
    "/tenants/submission-page-style",
    "Set how your pages look to your customers",
    name="setPageStyle",
    keys="tenant",
    permission=Permission.ADMIN,
    request=PageStyleRequest,
    response=Envelope[PageStyleEntry, BriefMeta],
    status=201,
    description="The style, in the place of the one before",
    tag="tenants",
)
async def set_page_style(styles: PageStyles, request: Request) -> Response:
    """Set how customers see the tenant's pages."""
    style = (await read_body(PageStyleRequest, request)).checked()
    caller = caller_of(request)
    await styles.put(caller.tenant, style, by=caller.key_id)
    return answer_vendor(request, PageStyleEntry.of(caller.tenant, style), status=201)


@operation(
    "GET",
    "/tenants/submission-page-style-by-key",
    "Show how your pages look",
    name="getPageStyle",
    keys="tenant",
    permission=Permission.ADMIN,
    response=Envelope[PageStyleEntry, BriefMeta],
    description="The style of the API key's tenant",
    tag="tenants",
)
async def show_page_style(styles: PageStyles, request: Request) -> Response:
    """Return the style of the API key's tenant."""
    return await _style(styles, request, None)


@operation(
    "GET",
    "/tenants/get-submission-page-style",
    "Show how your pages look, by the code of your tenant",
    name="getPageStyleByCode",
    keys="tenant",
    permission=Permission.ADMIN,
    query=PageStyleQuery,
    response=Envelope[PageStyleEntry, BriefMeta],
    description="The style; another tenant's code is answered with 404",
    tag="tenants",
)
async def find_page_style(styles: PageStyles, request: Request) -> Response:
    """Return the same, by the tenant's code."""
    return await _style(styles, request, read_query(PageStyleQuery, request).code)


async def _style(styles: PageStyles, request: Request, code: str | None) -> Response:
    tenant = tenant_of(request)
    style = await styles.get(tenant, code)
    return answer_vendor(request, PageStyleEntry.of(tenant, style))


STYLE_OPERATIONS = (set_page_style, show_page_style, find_page_style)
