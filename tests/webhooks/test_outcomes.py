"""What an outcome says of the receiver and of its host."""

import pytest

from webhooks.breaker import UNREACHABLE
from webhooks.outcomes import INTERNAL_ERRORS, has_reached, has_succeeded, is_final, is_gone
from webhooks.schedule import Answered, Failed


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_2xx_is_a_success_of_a_host_that_was_reached(status: int) -> None:
    assert has_succeeded(Answered(status)) is True
    assert has_reached(Answered(status)) is True


@pytest.mark.parametrize("status", [199, 300, 302, 404, 410, 429, 500, 599])
def test_any_other_answer_is_a_failure_of_a_host_that_was_reached(status: int) -> None:
    assert has_succeeded(Answered(status)) is False
    assert has_reached(Answered(status)) is True


@pytest.mark.parametrize("error", sorted(INTERNAL_ERRORS))
def test_an_error_of_ours_says_nothing_about_the_receiver(error: str) -> None:
    assert has_succeeded(Failed(error)) is None


@pytest.mark.parametrize("error", sorted(UNREACHABLE))
def test_a_host_that_cant_be_reached_wasnt(error: str) -> None:
    """Behind a proxy that refuses, too: as many attempts there would only fail."""
    assert has_reached(Failed(error)) is False


@pytest.mark.parametrize("error", sorted(INTERNAL_ERRORS - UNREACHABLE))
def test_what_was_never_sent_says_nothing_about_the_host(error: str) -> None:
    assert has_reached(Failed(error)) is None


@pytest.mark.parametrize("error", ["URL_INVALID", "ADDRESS_REFUSED"])
def test_an_address_that_isnt_called_is_the_receivers_failure(error: str) -> None:
    assert has_succeeded(Failed(error)) is False
    assert has_reached(Failed(error)) is True


def test_only_410_is_gone_and_only_what_cant_change_is_final() -> None:
    assert is_gone(Answered(410))
    assert not any(map(is_gone, [Answered(404), Answered(200), Failed("TIMEOUT")]))
    assert is_final(Answered(410))
    assert is_final(Failed("URL_INVALID", retryable=False))
    assert not any(map(is_final, [Answered(404), Failed("TIMEOUT")]))
