"""The vendors' templates: stored once they are found good, and rendered with data."""

from asyncio import to_thread
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from connector.api.envelope import encode
from connector.dispatching.documents import DispatchType, read_document
from connector.dispatching.limits import TEMPLATES
from connector.dispatching.structure import compiled
from connector.writing.requests.base import Writable, word
from storage.clock import Clock
from storage.errors import Conflict, NotFound
from storage.repositories.templates import StoredTemplate
from storage.unit_of_work import UnitOfWork


class TemplateRequest(Writable):
    __doc__ = "A template to be stored."

    name: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="To tell templates apart.",
        examples=["Monthly fee"],
    )
    document_type: Annotated[DispatchType, word(DispatchType)] = Field(description="What it makes.")
    content: dict[str, Any] = Field(
        description=(
            "The document as the unified API takes it: an invoice to be issued, an offer or a "
            "credit note. Its texts are templates; `$each` repeats, `$if` leaves out. An offer may "
            "have `email` beside its fields: then it is sent."
        ),
    )
    sample_data: dict[str, Any] | None = Field(
        None, description="Data to try it with before it is stored; not kept."
    )


@dataclass(frozen=True)
class Templates:
    """The use cases around templates. `today` is the day that templates know by that name."""

    work: UnitOfWork
    clock: Clock
    today: Callable[[], str]

    async def create(self, tenant_id: str, wanted: TemplateRequest) -> StoredTemplate:
        """Store a template under a new number. Raises Invalid, and Conflict for too many."""
        content = await to_thread(self._checked, wanted)
        at = self.clock()
        async with self.work.writing() as tx:
            await tx.tenants.get(tenant_id, lock=True)
            if await tx.templates.count(tenant_id) >= TEMPLATES:
                raise Conflict(f"There are {TEMPLATES} templates already; delete one.")
            number = await tx.templates.next_number(tenant_id)
            made = StoredTemplate(
                tenant_id, number, wanted.name, wanted.document_type, content, at, at
            )
            await tx.templates.add(made)
        return made

    async def list(self, tenant_id: str) -> Sequence[StoredTemplate]:
        """List a vendor's templates, oldest first."""
        async with self.work.reading() as tx:
            return await tx.templates.of_tenant(tenant_id)

    async def get(self, tenant_id: str, number: int) -> StoredTemplate:
        """Return one of a vendor's templates. Raises NotFound."""
        async with self.work.hot_reading() as tx:
            found = await tx.templates.get(tenant_id, number)
        if found is None:
            raise _no_such(number)
        return found

    async def replace(self, tenant_id: str, number: int, wanted: TemplateRequest) -> StoredTemplate:
        """Store a template in the place of what it was. Raises Invalid and NotFound."""
        content = await to_thread(self._checked, wanted)
        there = await self.get(tenant_id, number)
        at = self.clock()
        made = StoredTemplate(
            tenant_id, number, wanted.name, wanted.document_type, content, there.created_at, at
        )
        async with self.work.writing() as tx:
            if not await tx.templates.replace(made):
                raise _no_such(number)
        return made

    async def remove(self, tenant_id: str, number: int) -> None:
        """Delete a template; its number is never given again. Raises NotFound."""
        async with self.work.writing() as tx:
            if not await tx.templates.remove(tenant_id, number, self.clock()):
                raise _no_such(number)

    async def render(self, template: StoredTemplate, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document that data makes. Raises Invalid."""
        # a costly template holds nobody else up
        return await to_thread(_rendered, template.content, data, self.today())

    def _checked(self, wanted: TemplateRequest) -> str:
        content = encode(wanted.content).decode()
        compiled(content)
        if wanted.sample_data is not None:
            rendered = _rendered(content, wanted.sample_data, self.today())
            read_document(wanted.document_type, rendered)
        return content


def _rendered(content: str, data: Mapping[str, Any], today: str) -> dict[str, Any]:
    return compiled(content).render({"today": today, **data})


def _no_such(number: int) -> NotFound:
    return NotFound(f"You have no template {number}.")
