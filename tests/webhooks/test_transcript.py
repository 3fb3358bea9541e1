"""What the log keeps of an attempt, and what it never keeps."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.repositories.accounts import Account
from tests.webhooks.backlog import queue
from tests.webhooks.relay import SECRET, START, Relay, until
from tests.webhooks.test_dispatch import HERE, all_are, body_is_gone
from webhooks import transcript
from webhooks.schedule import Answered, Outcome
from webhooks.sender import OutgoingRequest
from webhooks.signing import signed_headers


def test_a_body_is_kept_up_to_2_kib_as_text_without_control_characters() -> None:
    assert transcript.response_body(b"") is None
    assert transcript.response_body(b"a\x00b\x1b[31m\r\n\tc\x7f\xc2\x85") == "ab[31m\n\tc"
    assert transcript.response_body(b"\xff\xfeok") == "\ufffd\ufffdok"
    assert transcript.response_body(b"x" * 5000) == "x" * 2048


@given(st.binary(max_size=3000), st.lists(st.tuples(st.text(max_size=9), st.text(max_size=400))))
def test_whatever_is_kept_can_be_stored(body: bytes, headers: list[tuple[str, str]]) -> None:
    for kept in (transcript.response_body(body), transcript.response_headers(headers)):
        assert kept is None or "\x00" not in kept
        assert kept is None or isinstance(kept.encode(), bytes)


def test_headers_that_hold_secrets_are_redacted_and_others_bounded() -> None:
    kept = json.loads(
        transcript.response_headers(
            [("Set-Cookie", "sid=1"), ("X-Api-Token", "t"), ("Via", "a"), ("Via", "b")]
            + [(f"X-{number}", "v" * 1000) for number in range(100)]
        )
    )
    assert (kept["Set-Cookie"], kept["X-Api-Token"]) == ("[redacted]", "[redacted]")
    assert kept["Via"] == "a, b"
    assert len(kept) <= 50
    assert max(map(len, kept.values())) == 256
    assert json.loads(transcript.response_headers([("X", "caf\udce9")])) == {"X": "caf?"}


def test_signatures_are_not_kept_not_even_where_a_receiver_repeats_them() -> None:
    headers = signed_headers("evt_1", b"{}", SECRET, START)
    written = transcript.request_headers({"Content-Type": "application/json", **headers})
    assert json.loads(written)["webhook-id"] == "evt_1"
    proofs = transcript.proofs(headers)
    assert len(proofs) == 2
    echo = json.dumps(headers)
    kept = [
        written,
        transcript.response_body(echo.encode(), proofs),
        transcript.response_headers([("X-Echo", echo)], proofs),
    ]
    for text in kept:
        assert text is not None
        assert not any(proof in text for proof in proofs)
        assert "evt_1" in text


@pytest.fixture
async def account(relay: Relay) -> Account:
    return await relay.account()


async def test_an_attempt_holds_what_was_sent_and_what_came_back(
    relay: Relay, account: Account
) -> None:
    subscription = await relay.subscription(account, HERE)
    answer = Answered(200, None, (("Server", "nginx"), ("Set-Cookie", "a=b")), b"fine\x00")
    relay.endpoints.always(HERE, answer)
    await relay.start()
    await queue(relay, subscription, ["a"])
    await all_are(relay, subscription, "DELIVERED")
    (attempt,) = await relay.attempts(await relay.one(subscription))
    sent = json.loads(attempt.request_headers or "")
    assert sent["X-Connector-Account"] == account.id
    assert (sent["webhook-signature"], sent["X-MAESN-SIGNATURE"]) == ("[redacted]",) * 2
    assert json.loads(attempt.response_headers or "") == {
        "Server": "nginx",
        "Set-Cookie": "[redacted]",
    }
    assert attempt.response_body == "fine"


async def test_nothing_a_receiver_of_a_notice_says_is_kept(relay: Relay, account: Account) -> None:
    """It may repeat the account key."""

    def echo(request: OutgoingRequest) -> Outcome:
        return Answered(200, None, (("X-Echo", request.body.decode()),), request.body)

    relay.endpoints.answers[HERE] = echo
    notice = await relay.notice(account, HERE, b'{"accountKey":"acc_secret"}')
    await relay.start()
    await until(lambda: body_is_gone(relay, notice.id))
    async with relay.work.reading() as tx:
        rows = (await tx.connection.exec_driver_sql("SELECT * FROM attempts")).all()
    assert len(rows) == 1
    assert "acc_secret" not in repr(rows)
