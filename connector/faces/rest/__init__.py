"""The accounting endpoints: Maesn's contract over the use cases."""

from typing import Any, Protocol

from connector.api.operation import Group
from connector.copying.copies import Copies
from connector.faces.rest.closing import CLOSING_OPERATIONS
from connector.faces.rest.documents import document_operations
from connector.faces.rest.files import FILE_OPERATIONS
from connector.faces.rest.issuing import ISSUING_OPERATIONS
from connector.faces.rest.pass_through import PASS_THROUGH_OPERATIONS
from connector.faces.rest.paying import PAYMENT_OPERATIONS, PaymentDesk
from connector.faces.rest.payouts import PAYOUT_OPERATIONS
from connector.faces.rest.profile import PROFILE_OPERATIONS
from connector.faces.rest.reading import reading_operations
from connector.faces.rest.syncing import SYNC_OPERATIONS
from connector.faces.rest.tasks import TASK_OPERATIONS, Tasks
from connector.faces.rest.trusting import TRUST_OPERATIONS
from connector.faces.rest.uploads import upload_operations
from connector.faces.rest.writing import writing_operations
from connector.issuing.issuing import Issuing
from connector.jobs.jobs import Jobs
from connector.paying.closing import Closing
from connector.paying.paying import Paying
from connector.paying.trusting import Trusting
from connector.payouts.payouts import Payouts
from connector.reading import Reading
from connector.registry import Registry
from connector.resources import RESOURCES
from connector.resources.files import FILES
from connector.writing.uploads import Uploads
from connector.writing.writing import Writing


class Books(Protocol):
    """What these endpoints are served with."""

    @property
    def reading(self) -> Reading: ...

    @property
    def writing(self) -> Writing: ...

    @property
    def issuing(self) -> Issuing: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def payouts(self) -> Payouts: ...

    @property
    def paying(self) -> Paying: ...

    @property
    def trusting(self) -> Trusting: ...

    @property
    def closing(self) -> Closing: ...

    @property
    def copies(self) -> Copies: ...

    @property
    def registry(self) -> Registry: ...


GROUPS: tuple[Group[Books, Any], ...] = (
    Group(lambda books: books.reading, tuple(reading_operations(RESOURCES))),
    Group(lambda books: books.issuing, ISSUING_OPERATIONS),
    Group(lambda books: books.writing, tuple(writing_operations((*RESOURCES, FILES)))),
    Group(lambda books: Uploads(books.writing, books.jobs), tuple(upload_operations())),
    Group(lambda books: books.registry, tuple(document_operations(RESOURCES))),
    Group(lambda books: books.payouts, PAYOUT_OPERATIONS),
    Group(lambda books: PaymentDesk(books.paying, books.writing), PAYMENT_OPERATIONS),
    Group(lambda books: books.trusting, TRUST_OPERATIONS),
    Group(lambda books: books.closing, CLOSING_OPERATIONS),
    Group(lambda books: Tasks(books.jobs, books.paying), TASK_OPERATIONS),
    Group(lambda books: books.copies, SYNC_OPERATIONS),
    Group(lambda books: books.registry, FILE_OPERATIONS),
    Group(lambda books: books.registry, PROFILE_OPERATIONS),
    Group(lambda books: books.registry, PASS_THROUGH_OPERATIONS),
)
