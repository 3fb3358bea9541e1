"""What an account can choose from within a target system: environments and companies."""

import msgspec


class Environment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A separate part of the target system, such as a tenant or a database."""

    name: str | None
    type: str | None
    tenant_id: str | None
    application_family: str | None
    country_code: str | None


class CompanySubscription(msgspec.Struct, frozen=True, gc=False):
    """A product of the target system that the company uses."""

    id: str | None
    name: str | None
    status: str | None
    active: bool | None


class Company(msgspec.Struct, frozen=True, gc=False, rename={"environment_id": "environmentId"}):
    """A company whose books are in the target system. The contract mixes spellings here."""

    id: str | None
    name: str | None
    environment_id: str | None
    client_number: int | None
    consultant_number: int | None
    subscription: tuple[CompanySubscription, ...]
