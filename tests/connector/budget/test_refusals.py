"""What answers 401 say about an access: pure decisions, every moment an argument."""

import pytest

from connector.budget.refusals import FINAL_AFTER, AccessRefusals, GateStep

A = "acct_a"


def step(refusals: AccessRefusals, version: int, now: float, account_id: str = A) -> GateStep:
    return refusals.look(account_id, version, now)[0]


def calls_in_an_hour(refusals: AccessRefusals) -> int:
    """Call as often as may be for an account whose every version is refused; count the calls."""
    version, calls, now, renewed = 1, 0, 0.0, False
    while now < 3600:
        step, until = refusals.look(A, version, now)
        if step in (GateStep.GO, GateStep.PROBE):
            calls += 1
            refusals.refused(A, version, now)
            if not renewed:  # as each call does, once
                version += 1
                renewed = True
                continue
        now, renewed = max(until, now + 0.1), False
    return calls


def test_calls_refused_together_are_one_refusal() -> None:
    """Sixty-four calls with a token that ended early are followed by a renewal, not by a stop."""
    refusals = AccessRefusals()
    for _ in range(64):
        refusals.refused(A, 1, 10)
    assert step(refusals, 1, 10) is GateStep.RENEW
    assert step(refusals, 2, 10) is GateStep.PROBE
    assert not refusals.is_final(A, 10_000)


def test_one_call_probes_a_renewed_access_while_the_others_wait() -> None:
    refusals = AccessRefusals()
    refusals.refused(A, 1, 10)
    refusals.probe(A, 10)
    assert refusals.look(A, 2, 10) == (GateStep.WAIT, 12)
    refusals.refused(A, 1, 11)  # a late one of the first kind
    assert step(refusals, 2, 11) is GateStep.WAIT
    assert step(refusals, 2, 12) is GateStep.PROBE  # a slow probe holds nobody up for long
    assert refusals.undecided(A)  # it met a 503, which says nothing
    assert step(refusals, 2, 11) is GateStep.PROBE
    assert refusals.accepted(A, 2)
    assert step(refusals, 2, 11) is GateStep.GO
    refusals.refused(A, 1, 12)  # and one that was later still
    assert step(refusals, 2, 12) is GateStep.GO


@pytest.mark.covers("QX-07")
def test_an_account_refused_again_and_again_calls_less_and_less() -> None:
    """An hour of it costs a handful of the 200 answers 401 that an address has."""
    assert 8 <= calls_in_an_hour(AccessRefusals()) <= 16


def test_after_a_pause_the_same_version_is_tried_before_another_is_made() -> None:
    """Where a new token takes a moment to be known everywhere, that heals by itself."""
    refusals = AccessRefusals()
    refusals.refused(A, 1, 10)
    refusals.refused(A, 2, 10)
    assert refusals.look(A, 2, 10) == (GateStep.CLOSED, 12)
    assert step(refusals, 2, 12) is GateStep.PROBE
    assert refusals.accepted(A, 2)
    assert step(refusals, 2, 12) is GateStep.GO


def test_a_newer_access_is_probed_at_once() -> None:
    """From a new link, or from another process."""
    refusals = AccessRefusals()
    for version in (1, 2, 3):
        refusals.refused(A, version, 10)
    assert step(refusals, 3, 10) is GateStep.CLOSED
    assert step(refusals, 4, 10) is GateStep.PROBE


def test_only_versions_refused_over_a_while_are_final() -> None:
    refusals = AccessRefusals()
    for version in range(1, 30):
        refusals.refused(A, version, 10)
    assert not refusals.is_final(A, 10 + FINAL_AFTER - 1)
    assert refusals.is_final(A, 10 + FINAL_AFTER)
    refusals.accepted(A, 29)
    assert not refusals.is_final(A, 10 + FINAL_AFTER)
    one_version = AccessRefusals()
    for now in range(10, 1000, 10):
        one_version.refused(A, 1, now)
    assert not one_version.is_final(A, 1000)


@pytest.mark.covers("QX-07")
def test_near_the_limit_of_refusals_nothing_refused_is_tried_again() -> None:
    """However many accounts are in trouble, others keep calling, and so does a renewed access."""
    refusals = AccessRefusals()
    for number in range(75):
        for version in (1, 2):
            refusals.refused(f"dead {number}", version, 10)
    assert refusals.look("dead 0", 2, 20) == (GateStep.CLOSED, 3610)
    assert step(refusals, 3, 20, "dead 0") is GateStep.PROBE
    assert step(refusals, 1, 20, "alive") is GateStep.GO
    assert step(refusals, 2, 3800, "dead 0") is GateStep.PROBE
    told_of = AccessRefusals()
    told_of.refused(A, 1, 10)
    told_of.refused(A, 2, 10)
    told_of.elsewhere = 148
    assert step(told_of, 2, 20) is GateStep.CLOSED


def test_calls_before_there_is_an_account_are_counted_and_never_stopped() -> None:
    refusals = AccessRefusals()
    refusals.refused("", 0, 10)
    assert step(refusals, 0, 10, "") is GateStep.GO
