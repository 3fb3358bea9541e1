"""How accounts are opened, changed and closed, and who is told."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator import identifiers
from qonto_simulator.collection import Collection
from qonto_simulator.errors import refuse
from qonto_simulator.money import ZERO
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.render.organisations import bank_account
from qonto_simulator.world import Books, World

TYPE = "v1/accounts"


def open_account(world: World, books: Books, name: str, *, at: datetime) -> BankAccount:
    """An empty account beside the main one, at the same branch."""
    organisation, main = books.organisation, books.organisation.main_account
    position = len(organisation.bank_accounts)
    account = BankAccount(
        id=world.ids.uuid7(at),
        slug=f"{organisation.slug}-bank-account-{position + 1}",
        name=name,
        iban=identifiers.next_iban(main.iban, position),
        bic=main.bic,
        currency="EUR",
        balance=ZERO,
        authorized_balance=ZERO,
        main=False,
        created_at=at,
        updated_at=at,
    )
    organisation.bank_accounts.append(account)
    books.transactions[account.id] = Collection()
    tell(world, books, account, "created", at)
    return account


def require_open(account: BankAccount) -> None:
    """422 for an account that is closed, or not Qonto's to change."""
    if account.is_external_account:
        raise refuse(422, "invalid", "an external account can't be changed")
    if account.status != "active":
        raise refuse(422, "invalid", f"a {account.status} account can't be changed")


def rename(
    world: World, books: Books, account: BankAccount, name: str, *, at: datetime
) -> BankAccount:
    account.name, account.updated_at = name, at
    tell(world, books, account, "updated", at)
    return account


def require_closable(books: Books, account: BankAccount) -> None:
    """422 for the main account, and while there is or will be money on it."""
    require_open(account)
    if account.main:
        raise refuse(422, "invalid", "the main account can't be closed")
    if account.balance or account.authorized_balance:
        raise refuse(422, "invalid", "the balance of the account is not zero")
    waiting = next(books.transactions[account.id].with_status("pending"), None) is not None
    if waiting or any(
        one.bank_account_id == account.id and one.status in ("pending", "processing")
        for one in books.sepa_transfers
    ):
        raise refuse(422, "invalid", "the account has pending transactions or transfers")


def close(world: World, books: Books, account: BankAccount, *, at: datetime) -> BankAccount:
    """For good; what happened on the account can still be read."""
    account.status, account.updated_at = "closed", at
    tell(world, books, account, "updated", at)
    return account


def tell(world: World, books: Books, account: BankAccount, event: str, at: datetime) -> None:
    if world.hub.wants(books.organisation.id, TYPE):
        data = {"event": event, **bank_account(account)}
        world.hub.emit(books.organisation.id, TYPE, data, at)
