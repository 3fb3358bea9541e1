"""The operations under /auth, /link and /tenants, by what serves them."""

from typing import Any

from connector.api.operation import Group
from oauth.assembly import OAuthFloor
from oauth.key_operations import KEY_OPERATIONS
from oauth.link_operations import ACCOUNT_STATUS_OPERATIONS, KEY_LINK_OPERATIONS, LINK_OPERATIONS
from oauth.page_operations import PAGE_OPERATIONS
from oauth.policy_operations import POLICY_OPERATIONS
from oauth.style_operations import STYLE_OPERATIONS
from oauth.tenant_operations import TENANT_OPERATIONS

# /auth/{target} comes last, or it would take what lies below /auth for a target system
GROUPS: tuple[Group[OAuthFloor, Any], ...] = (
    Group(lambda floor: floor.vault, ACCOUNT_STATUS_OPERATIONS),
    Group(lambda floor: floor.browser, PAGE_OPERATIONS),
    Group(lambda floor: floor.key_links, KEY_LINK_OPERATIONS),
    Group(lambda floor: floor.links, LINK_OPERATIONS),
    Group(lambda floor: floor.tenants, TENANT_OPERATIONS),
    Group(lambda floor: floor.payment_policies, POLICY_OPERATIONS),
    Group(lambda floor: floor.page_styles, STYLE_OPERATIONS),
    Group(lambda floor: floor.tenant_keys, KEY_OPERATIONS),
)
