"""Files, as far as they are uploaded and deleted."""

from connector.api.operation import Parameter
from connector.api.uploads import UploadRule
from connector.resources.resource import OnlyWritten, RecordWrite
from connector.unified.document import Document
from connector.writing.requests.file import FileRequest

MEGABYTE = 1024 * 1024

A_FILE = UploadRule(
    part="file", file_bytes=15 * MEGABYTE, description="The file: PDF, JPEG or PNG, up to 15 MB."
)

FILES = OnlyWritten(
    name="files",
    id_name="fileId",
    model=Document,
    writes=(
        RecordWrite(
            action="create",
            summary="Upload a file",
            request=FileRequest,
            upload=A_FILE,
            description=(
                "By itself, to make a bill of it at POST /accounting/bills; or attached to the "
                "bank transaction that resourceId names, which the target system does some "
                "seconds later: what takes longer than can be waited for is OUTCOME_UNKNOWN, and "
                "told when it is asked for again with the same Idempotency-Key. "
                "POST /accounting/files/async doesn't wait."
            ),
        ),
        RecordWrite(
            action="delete",
            summary="Take a file off a bank transaction",
            description="Other files can't be deleted at the target system.",
            options=(
                Parameter(
                    "transactionId",
                    "query",
                    {"type": "string"},
                    "The bank transaction that the file is attached to; files of nothing else can "
                    "be deleted.",
                ),
            ),
        ),
    ),
)
