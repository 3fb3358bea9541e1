"""The operations under /auth, /link and /tenants, by what serves them."""

from typing import Any, Protocol

from connector.api.operation import Group
from oauth.key_links import KeyLinking
from oauth.key_operations import KEY_OPERATIONS
from oauth.link import Linking
from oauth.link_operations import KEY_LINK_OPERATIONS, LINK_OPERATIONS, STANDING_OPERATIONS
from oauth.page_operations import PAGE_OPERATIONS, BrowserPages
from oauth.page_styles import PageStyles
from oauth.style_operations import STYLE_OPERATIONS
from oauth.tenant_keys import TenantKeys
from oauth.tenant_operations import TENANT_OPERATIONS
from oauth.tenants import Tenancy
from oauth.vault import TokenVault


class Floor(Protocol):
    """What these are served with."""

    @property
    def tenants(self) -> Tenancy: ...

    @property
    def tenant_keys(self) -> TenantKeys: ...

    @property
    def page_styles(self) -> PageStyles: ...

    @property
    def links(self) -> Linking: ...

    @property
    def key_links(self) -> KeyLinking: ...

    @property
    def browser(self) -> BrowserPages: ...

    @property
    def vault(self) -> TokenVault: ...


# /auth/{target} comes last, or it would take what lies below /auth for a target system
GROUPS: tuple[Group[Floor, Any], ...] = (
    Group(lambda floor: floor.vault, STANDING_OPERATIONS),
    Group(lambda floor: floor.browser, PAGE_OPERATIONS),
    Group(lambda floor: floor.key_links, KEY_LINK_OPERATIONS),
    Group(lambda floor: floor.links, LINK_OPERATIONS),
    Group(lambda floor: floor.tenants, TENANT_OPERATIONS),
    Group(lambda floor: floor.page_styles, STYLE_OPERATIONS),
    Group(lambda floor: floor.tenant_keys, KEY_OPERATIONS),
)
