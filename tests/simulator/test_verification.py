"""Verification of payee: results by name and account, proofs, refusals and the limit of abuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qonto_simulator import Simulator, identifiers
from qonto_simulator.errors import ApiError
from qonto_simulator.payees import PayeeBanks
from qonto_simulator.rules import proofs
from qonto_simulator.rules.payee_names import compare
from qonto_simulator.rules.verification import FAILURES, MOCKED, OUTCOMES, RESULTS, verify

from .support import Api

ONE, BULK, SKIP = (f"/v2/sepa/{form}verify_payee" for form in ("", "bulk_", "skip_"))
EVERY = (ONE, BULK, SKIP)
README = Path(__file__).parents[2] / "simulator" / "README.md"
GERMAN = "DE91100000000123456789"
"""At a bank that nobody here has an account with."""
TIMEOUT = "GATEWAY_TIMEOUT_ERROR_RESPONDING_BANK"


async def payees(api: Api) -> dict[str, str]:
    """The IBANs of known holders, by name."""
    known = (await api.take("GET", "/_simulator/payees"))["payees"]
    return {one["holder"]: one["iban"] for one in known if one["holder"]}


async def ask(api: Api, name: str, iban: str) -> dict[str, Any]:
    body = {"beneficiary_name": name, "iban": iban}
    return await api.take("POST", ONE, json=body)


async def result(api: Api, name: str, iban: str) -> str:
    return (await ask(api, name, iban))["match_result"].removeprefix("MATCH_RESULT_")


def entries(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {
        "requests": [
            {"id": f"line {number}", "beneficiary_name": name, "iban": iban}
            for number, (name, iban) in enumerate(pairs)
        ]
    }


def sent_to(path: str, name: str = "Somebody", iban: str = GERMAN) -> dict[str, Any]:
    """A good body for whichever form."""
    return {"beneficiary_name": name, "iban": iban} if path == ONE else entries((name, iban))


def long(answer: dict[str, Any], status: int) -> list[dict[str, Any]]:
    """The entries of a refusal, after a look at their keys."""
    for one in answer["errors"]:
        assert one.keys() == {"id", "status", "code", "title", "detail", "source", "meta"}
        assert one["source"].keys() == {"pointer", "parameter", "header"}
        assert one["status"] == str(status)
    return answer["errors"]


def serves(sim: Simulator, token: str, *ibans: str) -> None:
    """A transfer to these accounts could be made with the token."""
    proofs.check(sim.world.first, token, ibans, at=sim.world.now())


def refused(sim: Simulator, token: str, *ibans: str) -> str:
    """Why the token is not taken."""
    with pytest.raises(ApiError) as raised:
        serves(sim, token, *ibans)
    [problem] = raised.value.problems
    assert (raised.value.status, problem.code) == (422, "vop_proof_token_invalid")
    assert problem.pointer == "/vop_proof_token"
    return problem.detail.removeprefix("vop_proof_token ")


class TestResults:
    @pytest.mark.covers("QX-32")
    async def test_the_name_decides(self, api: Api) -> None:
        known = await payees(api)
        rent = known["SCI des Tanneurs"]
        for name, expected in (
            ("SCI des Tanneurs", "MATCH"),
            ("  SCI  des Tanneurs ", "MATCH"),
            ("sci des tanneurs", "CLOSE_MATCH"),
            ("des Tanneurs", "CLOSE_MATCH"),
            ("Tanneurs des", "CLOSE_MATCH"),
            ("S.C.I. des Taneurs", "CLOSE_MATCH"),
            ("SCI des Tanneries", "NO_MATCH"),
            ("Boulangerie Ancel", "NO_MATCH"),
        ):
            answer = await ask(api, name, rent)
            matched = {"matched_name"} if expected == "CLOSE_MATCH" else set[str]()
            assert answer.keys() == {"match_result", "proof_token"} | matched
            assert answer["match_result"] == f"MATCH_RESULT_{expected}", name
            assert answer.get("matched_name", "SCI des Tanneurs") == "SCI des Tanneurs"
            assert answer["proof_token"].keys() == {"token"}

    async def test_companies_suppliers_and_customers_are_known(self, api: Api) -> None:
        known = await payees(api)
        for name in ("Werkstatt Nord GmbH", "Tischlerei Brandt", "Brasserie du Parc SARL"):
            assert await result(api, name, known[name]) == "MATCH"
        account = (await api.take("GET", "/v2/bank_accounts"))["bank_accounts"][1]
        assert await result(api, "Atelier Mercure", account["iban"]) == "CLOSE_MATCH"

    async def test_an_account_that_nobody_holds(self, api: Api) -> None:
        """Its bank knows that there is no such account; a bank that is not known says nothing."""
        assert await result(api, "Anybody", "FR7630006000011234567890189") == "NO_MATCH"
        for iban in (GERMAN, "NL91ABNA0417164300"):
            assert await result(api, "Anybody", iban) == "NOT_POSSIBLE"

    async def test_who_was_made_a_beneficiary_is_not_thereby_who_holds_the_account(
        self, api: Api
    ) -> None:
        body = {"beneficiary": {"name": "Mallory", "iban": GERMAN}}
        key = {"X-Qonto-Idempotency-Key": "one"}
        await api.take("POST", "/v2/sepa/beneficiaries", 201, json=body, headers=key)
        assert await result(api, "Mallory", GERMAN) == "NOT_POSSIBLE"

    async def test_a_supplier_nobody_knew_holds_the_account_on_its_bill(self, api: Api) -> None:
        sent = {"supplier_name": "Studio Nuage"}
        await api.take("POST", "/_simulator/supplier_invoices", 201, json=sent)
        await api.take("POST", "/_simulator/clock", json={"advance": 10})
        bill = (await api.take("GET", "/v2/supplier_invoices"))["supplier_invoices"][0]
        assert await result(api, "Studio Nuage", bill["iban"]) == "MATCH"

    async def test_mocked_accounts_have_one_outcome_each(self, api: Api) -> None:
        assert sorted(MOCKED.values()) == sorted(OUTCOMES)
        for iban, outcome in MOCKED.items():
            assert identifiers.is_sepa_iban(iban)
            body = {"beneficiary_name": "Anybody", "iban": iban}
            if outcome in RESULTS:
                assert (await api.take("POST", ONE, json=body))["match_result"] == outcome
                continue
            status = FAILURES[outcome].status
            [error] = long(await api.take("POST", ONE, status, json=body), status)
            assert (error["code"], error["meta"]) == (outcome, {})

    def test_the_mocked_accounts_are_in_the_readme(self) -> None:
        shown = re.findall(r"^\| `(FR\w{25})` \| `(\w+)` \|", README.read_text("utf-8"), re.M)
        assert dict(shown) == MOCKED

    async def test_a_mocked_close_match_names_somebody_else(self, api: Api) -> None:
        iban = next(iban for iban, outcome in MOCKED.items() if outcome.endswith("CLOSE_MATCH"))
        assert (await ask(api, "ACME", iban))["matched_name"] == "ACME SAS"

    async def test_a_control_call_decides_until_it_is_taken_back(self, api: Api) -> None:
        known = await payees(api)
        iban = known["Papeterie du Centre"]
        for outcome in RESULTS:
            sent = {"iban": iban, "outcome": outcome}
            answer = await api.take("POST", "/_simulator/payees", json=sent)
            assert answer["payee"] == {**sent, "holder": "Papeterie du Centre"}
            assert (await ask(api, "Papeterie du Centre", iban))["match_result"] == outcome
        await api.take("POST", "/_simulator/payees", json={"iban": iban})
        assert await result(api, "Papeterie du Centre", iban) == "MATCH"
        await api.take("POST", "/_simulator/payees", json={"iban": iban, "holder": "Other"})
        assert await result(api, "Papeterie du Centre", iban) == "NO_MATCH"
        await api.take("POST", "/_simulator/payees", 400, json={"iban": "FR00"})
        await api.take("POST", "/_simulator/payees", 400, json={"iban": iban, "outcome": "X"})
        await api.take("POST", "/_simulator/reset")
        assert (await payees(api))["Papeterie du Centre"] == iban


class TestBulk:
    @pytest.mark.covers("QX-32")
    async def test_each_has_its_own_result_and_all_have_one_proof(self, api: Api) -> None:
        known = await payees(api)
        failing = next(iban for iban, outcome in MOCKED.items() if outcome == TIMEOUT)
        sent = entries(
            ("Taxi Bleu", known["Taxi Bleu"]),
            ("taxi bleu", known["Taxi Bleu"]),
            ("Somebody", failing),
            ("Somebody", "FR00"),
        )
        answer = await api.take("POST", BULK, json=sent)
        assert answer.keys() == {"requests", "proof_token"}
        outcomes = [
            {"response": {"match_result": "MATCH_RESULT_MATCH"}},
            {
                "response": {
                    "match_result": "MATCH_RESULT_CLOSE_MATCH",
                    "matched_name": "Taxi Bleu",
                }
            },
            {"error_code": TIMEOUT},
            {"error_code": "BAD_REQUEST_ERROR_INVALID_IBAN"},
        ]
        told = [{**one, **more} for one, more in zip(sent["requests"], outcomes, strict=True)]
        assert answer["requests"] == told

    @pytest.mark.parametrize(
        ("sent", "code", "pointer"),
        [
            ({}, "REQUIRED", "/requests"),
            ({"requests": []}, "REQUIRED", "/requests"),
            ({"requests": {}}, "INVALID", "/requests"),
            ({"requests": [1]}, "INVALID", "/requests/0"),
            (
                {"requests": [{"id": "a", "iban": GERMAN}]},
                "REQUIRED",
                "/requests/0/beneficiary_name",
            ),
            (
                {"requests": [{"beneficiary_name": "A", "iban": GERMAN}]},
                "REQUIRED",
                "/requests/0/id",
            ),
            ({"requests": entries(("A", GERMAN))["requests"] * 2}, "INVALID", "/requests"),
            (entries(*[("A", GERMAN)] * 401), "INVALID", "/requests"),
        ],
    )
    async def test_what_is_wrong_with_the_body_is_named(
        self, api: Api, sent: dict[str, Any], code: str, pointer: str
    ) -> None:
        for path in (BULK, SKIP):
            [error] = long(await api.take("POST", path, 400, json=sent), 400)
            assert error["code"] == f"BAD_REQUEST_ERROR_{code}"
            assert error["source"]["pointer"] == pointer


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"beneficiary_name": ""}, "REQUIRED", "beneficiary_name"),
            ({"beneficiary_name": "  "}, "REQUIRED", "beneficiary_name"),
            ({"beneficiary_name": "x" * 141}, "INVALID", "beneficiary_name"),
            ({"beneficiary_name": 5}, "INVALID", "beneficiary_name"),
            ({"iban": None}, "REQUIRED", "iban"),
            ({"iban": []}, "INVALID", "iban"),
            ({"iban": GERMAN[:-1] + "8"}, "INVALID_IBAN", ""),
        ],
    )
    async def test_a_bad_body(
        self, api: Api, changes: dict[str, Any], code: str, field: str
    ) -> None:
        sent = {**sent_to(ONE), **changes}
        [error] = long(await api.take("POST", ONE, 400, json=sent), 400)
        assert error["code"] == f"BAD_REQUEST_ERROR_{code}"
        assert error["source"]["pointer"] == (f"/{field}" if field else "")

    async def test_a_name_of_140_characters_is_taken(self, api: Api) -> None:
        assert await result(api, "x" * 140, GERMAN) == "NOT_POSSIBLE"

    @pytest.mark.parametrize("content", [b"{", b"[]"])
    async def test_what_is_no_json(self, api: Api, content: bytes) -> None:
        for path in EVERY:
            [error] = long(await api.take("POST", path, 400, content=content), 400)
            assert error["code"] == "BAD_REQUEST_ERROR_INVALID_BODY"

    @pytest.mark.parametrize("path", EVERY)
    async def test_whole_calls_fail_on_demand(self, api: Api, sim: Simulator, path: str) -> None:
        for code, failure in FAILURES.items():
            await api.take("POST", "/_simulator/verifications/refuse", json={"code": code})
            answer = await api.take("POST", path, failure.status, json=sent_to(path))
            [error] = long(answer, failure.status)
            assert error["code"] == code
            if path == ONE:
                assert error["meta"] == {}
            else:
                token = error["meta"]["proof_token"]["token"]
                serves(sim, token, GERMAN)
        await api.take("POST", path, json=sent_to(path))

    async def test_a_failure_comes_as_often_as_it_was_asked_for(self, api: Api) -> None:
        asked = {"code": TIMEOUT, "times": 2}
        await api.take("POST", "/_simulator/verifications/refuse", json=asked)
        for status in (504, 504, 200):
            await api.take("POST", ONE, status, json=sent_to(ONE))
        await api.take("POST", "/_simulator/verifications/refuse", json=asked)
        await api.take("POST", "/_simulator/verifications/refuse", 400, json={"code": "x"})

    @pytest.mark.parametrize("path", EVERY)
    async def test_keys_and_missing_scopes_are_refused_in_plain_words(
        self, key_api: Api, sim: Simulator, open_api: Callable[..., Api], path: str
    ) -> None:
        assert (await key_api.problem("POST", path, 403))["code"] == "forbidden"
        token = sim.issue_access_token(["organization.read"])
        poor = open_api(sim, Authorization=f"Bearer {token}")
        problem = await poor.problem("POST", path, 403)
        assert problem["detail"] == "missing required oauth scope: payment.write"


class TestProofs:
    @pytest.mark.covers("QX-32")
    async def test_a_proof_is_for_exactly_its_set_of_accounts(
        self, api: Api, sim: Simulator
    ) -> None:
        known = await payees(api)
        taxi, energy = known["Taxi Bleu"], known["Énergie Claire"]
        sent = entries(("Taxi Bleu", taxi), ("x", energy), ("Taxi Bleu", taxi))
        token = (await api.take("POST", BULK, json=sent))["proof_token"]["token"]
        serves(sim, token, energy, taxi)
        serves(sim, token, taxi, energy)
        for others in ((taxi,), (taxi, energy, GERMAN), ()):
            assert refused(sim, token, *others) == "was issued for another set of IBANs"
        assert refused(sim, "proof_nope", taxi) == "is unknown"

    async def test_there_is_a_proof_whatever_the_result(self, api: Api, sim: Simulator) -> None:
        for iban, outcome in MOCKED.items():
            if outcome in RESULTS:
                token = (await ask(api, "x", iban))["proof_token"]["token"]
                serves(sim, token, iban)

    async def test_skipping_gives_a_proof_of_nothing(self, api: Api, sim: Simulator) -> None:
        answer = await api.take("POST", SKIP, json=sent_to(SKIP))
        assert answer.keys() == {"proof_token"}
        serves(sim, answer["proof_token"]["token"], GERMAN)

    async def test_it_is_good_for_23_hours(self, api: Api, sim: Simulator) -> None:
        token = (await ask(api, "x", GERMAN))["proof_token"]["token"]
        sim.clock.advance(23 * 3600 - 1)
        serves(sim, token, GERMAN)
        sim.clock.advance(1)
        assert refused(sim, token, GERMAN) == "has expired"
        sim.clock.advance(timedelta(days=8).total_seconds())
        api.headers["Authorization"] = f"Bearer {sim.issue_access_token()}"
        await ask(api, "x", GERMAN)
        assert refused(sim, token, GERMAN) == "is unknown"

    async def test_another_organisation_has_other_proofs(self, api: Api, sim: Simulator) -> None:
        token = (await ask(api, "x", GERMAN))["proof_token"]["token"]
        theirs = sim.world.books_of("werkstatt-nord-7730")
        with pytest.raises(ApiError):
            proofs.check(theirs, token, [GERMAN], at=sim.world.now())

    async def test_the_token_may_come_as_a_string(self, api: Api, sim: Simulator) -> None:
        await api.take("POST", "/_simulator/quirks", json={"plain_proof_token": True})
        for path in EVERY:
            answer = await api.take("POST", path, json=sent_to(path))
            serves(sim, answer["proof_token"], GERMAN)
        await api.take("POST", "/_simulator/verifications/refuse", json={"code": TIMEOUT})
        [error] = (await api.take("POST", BULK, 504, json=sent_to(BULK)))["errors"]
        serves(sim, error["meta"]["proof_token"], GERMAN)


class TestAbuse:
    async def test_who_never_pays_can_not_go_on_asking(self, api: Api, sim: Simulator) -> None:
        quirks = {"unfollowed_verifications": 2}
        await api.take("POST", "/_simulator/quirks", json=quirks)
        token = (await ask(api, "x", GERMAN))["proof_token"]["token"]
        await api.take("POST", BULK, json=sent_to(BULK))
        for path in (ONE, BULK):
            response = await api.post(path, json=sent_to(path))
            assert response.status_code == 429
            assert "retry-after" not in response.headers
            [error] = long(response.json(), 429)
            assert error["code"] == "too_many_requests"
        await api.take("POST", "/_simulator/quirks", json={"retry_after": 60})
        response = await api.post(ONE, json=sent_to(ONE))
        assert response.headers["retry-after"] == "60"
        await api.take("POST", SKIP, json=sent_to(SKIP))

        books = sim.world.first
        proofs.followed(proofs.check(books, token, [GERMAN], at=sim.world.now()))
        await ask(api, "x", GERMAN)
        await api.take("POST", ONE, 429, json=sent_to(ONE))

    async def test_time_forgives(self, api: Api, sim: Simulator) -> None:
        await api.take("POST", "/_simulator/quirks", json={"unfollowed_verifications": 1})
        await ask(api, "x", GERMAN)
        await api.take("POST", ONE, 429, json=sent_to(ONE))
        sim.clock.advance(23 * 3600)
        api.headers["Authorization"] = f"Bearer {sim.issue_access_token()}"
        await ask(api, "x", GERMAN)


WORDS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=9), min_size=1, max_size=4
)


class TestNames:
    @pytest.mark.parametrize(
        ("asked", "holder", "expected"),
        [
            ("Énergie Claire", "Energie claire", "close"),
            ("Elbwolke Hosting", "Elbwolke Hosting GmbH", "close"),
            ("Elbwolke Hosting UG", "Elbwolke Hosting GmbH", "close"),
            ("Officina Trastevere srl", "Officina Trastevere S.r.l.", "close"),
            ("Dupont-Fils", "Dupont & Fils", "close"),
            ("DupontFils", "Dupont Fils", "close"),
            ("Dupnot Fils", "Dupont Fils", "close"),
            ("Fils Dupond", "Dupont Fils", "close"),
            ("Dupond Fis", "Dupont Fils", "other"),
            ("EF Taxi", "EG Taxi", "other"),
            ("Rex", "Max", "other"),
            ("SAS", "SARL", "other"),
            ("SAS", "Taxi Bleu SAS", "other"),
            ("株式会社", "株式会社", "same"),
            ("!!!", "Taxi Bleu", "other"),
            ("!!!", "???", "other"),
        ],
    )
    def test_how_near_they_are(self, asked: str, holder: str, expected: str) -> None:
        assert compare(asked, holder) == compare(holder, asked) == expected

    @given(words=WORDS, data=st.data())
    def test_changes_that_a_bank_forgives(self, words: list[str], data: st.DataObject) -> None:
        name = " ".join(words)
        assert compare(name, name) == "same"
        assert compare(name.upper(), name) == "close"
        assert compare(f"{name} SAS", name) == "close"
        shuffled = data.draw(st.permutations(words))
        assert compare(" ".join(shuffled), name) != "other"
        at = data.draw(st.integers(0, len(words[0]) - 1))
        word = words[0]
        for typo in (
            word[:at] + word[at + 1 :],
            f"{word[:at]}é{word[at:]}",
            f"{word[:at]}q{word[at + 1 :]}",
        ):
            assert compare(" ".join([typo, *words[1:]]), name) != "other"

    @given(one=st.text(max_size=20), other=st.text(max_size=20))
    def test_both_ways_it_is_the_same(self, one: str, other: str) -> None:
        assert compare(one, other) == compare(other, one)


class TestAccounts:
    @given(
        number=st.integers(0, 99_999_999_999), position=st.integers(0, 26), digit=st.integers(1, 9)
    )
    def test_one_wrong_digit_is_noticed(self, number: int, position: int, digit: int) -> None:
        account = identifiers.french_account("30004", "00829", f"{number:011d}")
        iban = identifiers.iban("FR", account)
        assert identifiers.is_sepa_iban(iban)
        assert not identifiers.is_sepa_iban(iban + "0")
        if position > 1:
            wrong = str((int(iban[position]) + digit) % 10)
            broken = iban[:position] + wrong + iban[position + 1 :]
            assert not identifiers.is_sepa_iban(broken)

    @given(name=st.text(min_size=1, max_size=20), iban=st.text(max_size=34))
    def test_whatever_is_asked_has_a_verdict(self, name: str, iban: str) -> None:
        verdict = verify(PayeeBanks(), name, iban)
        assert verdict.failure is not None or verdict.result in RESULTS
