"""Users and their passwords, without HTTP."""

import hashlib
from unittest import mock

import pytest

from connector.api.operation import Permission
from oauth.errors import TooManyGuesses
from oauth.guesses import PER_ADDRESS, PER_USER, REMEMBERED, WINDOW, Guesses, RightPasswords
from oauth.passwords import hash_password, is_password
from oauth.user_tokens import UserTokens
from oauth.users import Users
from storage.clock import system_clock
from storage.errors import Conflict, Invalid, NotFound
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork

PASSWORD = "correct horse battery"


@pytest.fixture
async def users(work: UnitOfWork) -> Users:
    async with work.writing() as tx:
        for id_ in ("ten_a", "ten_b"):
            await tx.tenants.add(Tenant(id_, id_, system_clock()))
    ring = KeyRing([MasterKey.generate("test")])
    tokens = UserTokens(ring, "https://c.example", "https://c.example/api", system_clock)
    return Users(work, tokens, system_clock)


def test_a_hash_says_its_cost_and_nothing_of_the_password() -> None:
    stored = hash_password("Pâte à crêpes")
    assert stored.startswith("scrypt$15,8,3$") and "crêpes" not in stored
    assert is_password("Pa\u0302te a\u0300 cre\u0302pes", stored)  # as other keyboards write it
    assert not is_password("Pate a crepes", stored)


def test_a_user_that_is_unknown_costs_as_much_as_a_wrong_password() -> None:
    stored = hash_password(PASSWORD)
    costs = []
    for known in (stored, None):
        with mock.patch.object(hashlib, "scrypt", wraps=hashlib.scrypt) as scrypt:
            assert not is_password("something else", known)
        assert scrypt.call_count == 1
        costs.append({name: scrypt.call_args.kwargs[name] for name in ("n", "r", "p", "dklen")})
    assert costs[0] == costs[1] == {"n": 2**15, "r": 8, "p": 3, "dklen": 32}


@pytest.mark.both_databases
async def test_users_are_a_vendors_own(users: Users) -> None:
    made = await users.add("ten_a", " Books@Acme.example ", PASSWORD, [Permission.READ])
    assert (made.email, made.permissions) == ("books@acme.example", "read")
    with pytest.raises(Conflict):
        await users.add("ten_b", "books@acme.example", PASSWORD, [Permission.READ])
    assert [one.id for one in await users.of_tenant("ten_a")] == [made.id]
    assert await users.of_tenant("ten_b") == []
    with pytest.raises(NotFound):
        await users.remove("ten_b", made.id)
    await users.remove("ten_a", made.id)
    assert await users.of_tenant("ten_a") == []


@pytest.mark.parametrize(
    ("email", "password"),
    [("", PASSWORD), ("a@b", PASSWORD), ("a:b@c.example", PASSWORD), ("a@c.example", "short")],
)
async def test_what_is_no_user_is_refused(users: Users, email: str, password: str) -> None:
    with pytest.raises(Invalid):
        await users.add("ten_a", email, password, [Permission.READ])


def test_guesses_are_counted_by_address_and_by_user_for_a_while() -> None:
    now = 0.0
    guesses = Guesses(lambda: now)
    for number in range(PER_ADDRESS):
        guesses.begin("here", f"{number}@a.example")
    with pytest.raises(TooManyGuesses) as slowed:
        guesses.begin("here", "other@a.example")
    assert slowed.value.retry_after == WINDOW
    for number in range(PER_USER):
        guesses.begin(f"address {number}", "one@a.example")
    with pytest.raises(TooManyGuesses):
        guesses.begin("elsewhere", "one@a.example")
    now = WINDOW
    guesses.begin("here", "one@a.example")
    for _ in range(PER_ADDRESS):
        guesses.was_right("here", "one@a.example")
        guesses.begin("here", "one@a.example")


def test_a_right_password_is_remembered_for_its_hash_alone() -> None:
    now = 0.0
    right = RightPasswords(lambda: now)
    right.keep("a@a.example", PASSWORD, "stored")
    assert right.fits("a@a.example", PASSWORD, "stored")
    assert not right.fits("a@a.example", "other", "stored")
    assert not right.fits("a@a.example", PASSWORD, "changed")
    assert PASSWORD not in repr(right)
    now = REMEMBERED
    assert not right.fits("a@a.example", PASSWORD, "stored")
