"""What an account can choose from within a target system: environments and companies."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields


class Environment(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A separate part of the target system, such as a tenant or a database."""

    name: Annotated[str | None, meaning("What the part is called.")]
    type: Annotated[str | None, meaning("What kind of part it is.")]
    tenant_id: Annotated[str | None, meaning("The id of the tenant.")]
    application_family: Annotated[str | None, meaning("The product that it belongs to.")]
    country_code: fields.CountryCode


class CompanySubscription(msgspec.Struct, frozen=True, gc=False):
    __doc__ = """A product of the target system that the company uses."""

    id: fields.Id
    name: Annotated[str | None, meaning("The product's name.")]
    status: Annotated[
        str | None, meaning("Where the subscription stands, in the target system's words.")
    ]
    active: Annotated[bool | None, meaning("Whether the company uses the product now.")]


class Company(msgspec.Struct, frozen=True, gc=False, rename={"environment_id": "environmentId"}):
    __doc__ = (
        """A company whose books are in the target system. The contract mixes spellings here."""
    )

    id: fields.Id
    name: Annotated[str | None, meaning("The company's name.")]
    environment_id: Annotated[str | None, meaning("The id of the environment that it is in.")]
    client_number: Annotated[int | None, meaning("The number that its accountant knows it by.")]
    consultant_number: Annotated[int | None, meaning("The number of its accountant.")]
    subscription: Annotated[
        tuple[CompanySubscription, ...], meaning("The products that the company uses.")
    ]
