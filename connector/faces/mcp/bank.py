"""Tools that read the bank's side: organisation, members, transactions, statements, attachments.

Labels and statements, which the unified model doesn't have, are read in Qonto's own words.
"""

from base64 import b64encode
from typing import Any

from pydantic import Field

from connector.downloads import Files
from connector.errors import DocumentTooLarge
from connector.faces.mcp.inputs import Arguments, Own
from connector.faces.mcp.listing import Listed, PageArguments
from connector.faces.mcp.pointing import ById, Uuid
from connector.faces.mcp.reading import PAGINATION, WARNINGS, Library, get_tool, list_tool
from connector.faces.mcp.schemas import ANY_OBJECT, Schema, answered, answering
from connector.faces.mcp.shown import noted, read_source, shown
from connector.faces.mcp.tool import Data, Tool, Who
from connector.finding import EVERY, read_whole
from connector.pass_through import PassedCall
from connector.profiles import Profiles
from connector.registry import Registry
from connector.resources.bank import BANK_ACCOUNTS, TRANSACTIONS
from connector.resources.users import USERS
from connector.unified.bank_account import BankAccount
from connector.unified.document import File
from connector.unified.profile import Profile
from connector.unified.user import UserInfo
from oauth.errors import NotSupported

_LARGEST = 1024 * 1024
"""Bytes of a file that a tool answers."""


class OfTransaction(Arguments):
    __doc__ = "Whose attachments."

    transaction_id: Uuid = Field(description="The transaction's id, a UUID.")


class AttachmentArguments(ById):
    __doc__ = "Which file, and whether its bytes are wanted."

    with_content: bool = Field(
        False, description="Answer the file's bytes too, in base64, where it is up to 1 MB."
    )


def bank_tools(library: Library, registry: Registry) -> list[Tool[Any]]:
    """Return the tools that read the bank's side."""
    return [
        _organization(library, registry),
        _membership(registry),
        list_tool(
            library, "list_memberships", Listed(USERS), "List the members of the organisation."
        ),
        list_tool(
            library,
            "list_transactions",
            Listed(TRANSACTIONS),
            "List what moved on the bank accounts, latest settled first. get_organization has the "
            "ids of the accounts.",
        ),
        get_tool(library, "get_transaction", TRANSACTIONS, "Read one bank transaction."),
        _attachments(registry),
        _attachment(registry),
        _passed_list(registry, "list_statements", "/v2/statements", "statements"),
        _passed_one(registry, "get_statement", "/v2/statements", "statement"),
        _passed_list(registry, "list_labels", "/v2/labels", "labels"),
        _passed_one(registry, "get_label", "/v2/labels", "label"),
    ]


def _organization(library: Library, registry: Registry) -> Tool[Arguments]:
    async def run(who: Who, asked: Arguments) -> Data:
        del asked
        told = await _profiles(registry, who).profile(who.account)
        of = BANK_ACCOUNTS.chosen
        whole = await read_whole(library.reading, who.account, of, EVERY)
        return {
            "organization": shown(told.item),
            "bank_accounts": [shown(one) for one in whole.records],
            **noted([*told.warnings, *whole.warnings]),
        }

    return _tool(
        "get_organization",
        "Read the linked organisation, and its bank accounts with their IBANs and balances.",
        Own(Arguments),
        answering(
            {"warnings": WARNINGS},
            organization=answered(Profile),
            bank_accounts=(answered(BankAccount),),
        ),
        run,
    )


def _membership(registry: Registry) -> Tool[Arguments]:
    async def run(who: Who, asked: Arguments) -> Data:
        del asked
        told = await _profiles(registry, who).user_info(who.account)
        return {"record": shown(told.item), **noted(told.warnings)}

    return _tool(
        "get_authenticated_membership",
        "Read who linked the account.",
        Own(Arguments),
        answering({"warnings": WARNINGS}, record=answered(UserInfo)),
        run,
    )


def _attachments(registry: Registry) -> Tool[OfTransaction]:
    async def run(who: Who, asked: OfTransaction) -> Data:
        page = await _files(registry, who).of_transaction(who.account.id, asked.transaction_id)
        return {"records": [shown(one) for one in page.items], **noted(page.warnings)}

    return _tool(
        "list_transaction_attachments",
        "List the files that are attached to a bank transaction.",
        Own(OfTransaction),
        answering({"warnings": WARNINGS}, records=(answered(File),)),
        run,
    )


def _attachment(registry: Registry) -> Tool[AttachmentArguments]:
    async def run(who: Who, asked: AttachmentArguments) -> Data:
        files = _files(registry, who)
        found = await files.get(who.account.id, asked.id)
        told: Data = {"record": shown(found.item), **noted(found.warnings)}
        if asked.with_content:
            told["content_base64"] = await _content(files, who, asked.id)
        return told

    shape: dict[str, Schema] = {
        "content_base64": {"type": "string", "description": "The file's bytes, in base64."},
        "warnings": WARNINGS,
    }
    return _tool(
        "get_attachment",
        "Read what is known of a file, and with with_content its bytes.",
        Own(AttachmentArguments),
        answering(shape, record=answered(File)),
        run,
    )


async def _content(files: Files, who: Who, file_id: str) -> str:
    """Return a file in base64. Raises DocumentTooLarge."""
    opened = await files.open(who.account.id, file_id)
    content = bytearray()
    try:
        async for chunk in opened.chunks():
            content += chunk
            if len(content) > _LARGEST:
                raise DocumentTooLarge(
                    "The file is larger than 1 MB, which is too much for a conversation. Download "
                    f"it at GET /accounting/files/{file_id}/document."
                )
    finally:
        await opened.close()
    return b64encode(content).decode()


def _passed_list(registry: Registry, name: str, path: str, key: str) -> Tool[PageArguments]:
    async def run(who: Who, asked: PageArguments) -> Data:
        # labels and statements have names of their own for the same two parameters
        paging = (("page", str(asked.page)), ("per_page", str(asked.per_page)))
        document = await _passed(registry, who, PassedCall("GET", path, paging))
        meta: dict[str, Any] = document.get("meta") or {}
        records: list[Any] = document.get(key) or []
        told: dict[str, Any] = {"page": asked.page, "per_page": asked.per_page}
        for name, theirs in (("total", "total_count"), ("total_pages", "total_pages")):
            if isinstance(meta.get(theirs), int):
                told[name] = meta[theirs]
        told["has_more"] = asked.page < told.get("total_pages", asked.page + bool(records))
        return {"records": records, "pagination": told}

    output: Schema = {
        "type": "object",
        "properties": {
            "records": {"type": "array", "items": ANY_OBJECT},
            "pagination": PAGINATION,
        },
    }
    description = f"List the {key} in Qonto's own words."
    return _tool(name, description, Own(PageArguments), output, run)


def _passed_one(registry: Registry, name: str, path: str, key: str) -> Tool[ById]:
    async def run(who: Who, asked: ById) -> Data:
        document = await _passed(registry, who, PassedCall("GET", f"{path}/{asked.id}"))
        return {"record": document.get(key) or document}

    output: Schema = {"type": "object", "properties": {"record": ANY_OBJECT}}
    return _tool(name, f"Read one {key} in Qonto's own words.", Own(ById), output, run)


async def _passed(registry: Registry, who: Who, call: PassedCall) -> dict[str, Any]:
    passing = registry.get(who.account.target).pass_through
    if passing is None:
        raise NotSupported("This target system has nothing of this kind.")
    document = read_source(await passing.send(who.account.id, call))
    return document if isinstance(document, dict) else {"records": document}  # pyright: ignore[reportUnknownVariableType]


def _files(registry: Registry, who: Who) -> Files:
    files = registry.get(who.account.target).files
    if files is None:
        raise NotSupported("This target system has nothing of this kind.")
    return files


def _profiles(registry: Registry, who: Who) -> Profiles:
    profiles = registry.get(who.account.target).profiles
    if profiles is None:
        raise NotSupported("This target system has nothing of this kind.")
    return profiles


def _tool(name: str, description: str, input: Any, output: Schema, run: Any) -> Tool[Any]:
    title = name.replace("_", " ").capitalize()
    return Tool(
        name=name, title=title, description=description, input=input, output=output, run=run
    )
