"""The words that this floor's requests and answers choose from, for the API's description."""

from typing import Annotated

import msgspec

from connector.api.named import choice, naming
from connector.api.operation import Parameter, Permission
from oauth.accounts import Status

TARGET_SYSTEM = naming("TargetSystem", "A system whose accounts can be linked.")
"""Which there are is for the roof to say."""

PERMISSION = choice("Permission", "What an API key may be used for.", [*Permission])
_STATE = choice("AccountState", "Whether an account may be called for: if ACTIVE.", [*Status])

Target = Annotated[str, msgspec.Meta(extra_json_schema=TARGET_SYSTEM)]
PermissionWord = Annotated[str, msgspec.Meta(extra_json_schema=PERMISSION)]
AccountState = Annotated[str, msgspec.Meta(extra_json_schema=_STATE)]


def target_parameter(name: str = "target") -> Parameter:
    """Describe the target system in a path."""
    return Parameter(name, "path", {"type": "string", **TARGET_SYSTEM}, "The target system.", True)
