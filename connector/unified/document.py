"""Files: what is known about them, their content, and what may be uploaded."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields


class Document(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A file with its content, base64 of its bytes when `base64_encoded` is true."""

    id: fields.Id
    base64_encoded: Annotated[
        bool | None, meaning("Whether `content` is base64 of the file's bytes.")
    ]
    content: Annotated[str | None, meaning("The file's content.")]
    content_type: fields.ContentType
    file_name: fields.FileName


class File(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = (
        """A file without its content; `size` is in bytes. The contract has no such resource."""
    )

    id: fields.Id
    file_name: fields.FileName
    content_type: fields.ContentType
    size: Annotated[int | None, meaning("The file's size in bytes; null where it isn't known.")]
    created_date: fields.CreatedDate


class DocumentExtensions(msgspec.Struct, frozen=True, gc=False):
    __doc__ = """The file name extensions that can be uploaded. The contract has snake case here."""

    allowed_file_extensions: Annotated[
        tuple[str, ...], meaning("What the name of a file may end with.")
    ]


class DocumentType(msgspec.Struct, frozen=True, gc=False):
    __doc__ = """A kind of document that can be uploaded."""

    name: Annotated[str | None, meaning("What the kind is called.")]
    category: Annotated[str | None, meaning("What the kind belongs to.")]
