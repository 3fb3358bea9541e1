"""`tenant payments ...`, on a real database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.errors import Invalid, NotFound
from tests.connector.app import test_key_commands

Command = Callable[..., Any]
command = test_key_commands.command


def test_payments_are_turned_on_within_limits_shown_and_turned_off(command: Command) -> None:
    tenant = command("tenant", "create", "Acme")["id"]
    [off] = command("tenant", "payments", "show", tenant)
    assert (off["enabled"], off["perDay"], off["fourEyes"]) == ("no", "none", "no")
    limits = ("--per-payment", "2500", "--per-day", "20000.50", "--per-payee", "5000")
    [on] = command("tenant", "payments", "enable", tenant, *limits, "--four-eyes")
    assert on == {
        "tenant": tenant,
        "enabled": "yes",
        "perPayment": "2500.00",
        "perDay": "20000.50",
        "perPayee": "5000.00",
        "fourEyes": "yes",
    }
    [other] = command("tenant", "payments", "enable", tenant, "--per-day", "none")
    assert (other["perDay"], other["perPayment"]) == ("none", "2500.00")
    [ended] = command("tenant", "payments", "disable", tenant)
    assert (ended["enabled"], ended["perPayee"]) == ("no", "5000.00")
    trail = command("audit", "list")
    assert [one["action"] for one in trail if one["action"].startswith("payments.")] == [
        "payments.enabled",
        "payments.changed",
        "payments.disabled",
    ]


def test_what_is_no_limit_or_no_vendor_is_said(command: Command, tmp_path: Path) -> None:
    tenant = command("tenant", "create", "Acme")["id"]
    with pytest.raises(Invalid):
        command("tenant", "payments", "enable", tenant, "--per-day", "much")
    assert command("tenant", "payments", "show", tenant)[0]["enabled"] == "no"
    with pytest.raises(NotFound):
        command("tenant", "payments", "show", "ten_nobody")
