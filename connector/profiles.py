"""What a target system tells about a link itself: the ports."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from connector.unified.company import Company, Environment
from connector.unified.profile import Profile
from connector.unified.user import UserInfo

T_co = TypeVar("T_co", covariant=True)


class LinkedAccount(Protocol):
    """What is stored of a linked account since it was linked."""

    @property
    def id(self) -> str: ...

    @property
    def organization_id(self) -> str: ...

    @property
    def organization_name(self) -> str | None: ...

    @property
    def membership_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Told(Generic[T_co]):
    """A fact about a link; `raw` is the target system's own object, None when it wasn't asked."""

    item: T_co
    warnings: tuple[str, ...]
    raw: bytes | None


class Profiles(Protocol):
    """Tells who linked. What the consent doesn't let us ask comes from what is stored.

    Raises MissingScope where nothing is stored either.
    """

    @property
    def environment(self) -> Environment: ...

    async def profile(self, account: LinkedAccount) -> Told[Profile]: ...

    async def user_info(self, account: LinkedAccount) -> Told[UserInfo]: ...

    async def company(self, account: LinkedAccount) -> Told[Company]: ...
