"""Files: what is known about them, their content, and what may be uploaded."""

import msgspec


class Document(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A file with its content, base64 of its bytes when `base64_encoded` is true."""

    id: str | None
    base64_encoded: bool | None
    content: str | None
    content_type: str | None
    file_name: str | None


class File(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A file without its content; `size` is in bytes. The contract has no such resource."""

    id: str | None
    file_name: str | None
    content_type: str | None
    size: int | None
    created_date: str | None


class DocumentExtensions(msgspec.Struct, frozen=True, gc=False):
    """The file name extensions that can be uploaded. The contract has snake case here."""

    allowed_file_extensions: tuple[str, ...]


class DocumentType(msgspec.Struct, frozen=True, gc=False):
    """A kind of document that can be uploaded."""

    name: str | None
    category: str | None
