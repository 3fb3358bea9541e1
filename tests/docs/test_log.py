"""The runbook tells what is in the log."""

import re
from typing import get_type_hints

from storage.log import Fields
from tests.architecture.log_calls import log_calls, sources
from tests.docs.markdown import ROOT

(SECTION,) = re.findall(
    r"^## The log$.+?(?=^## )",
    (ROOT / "deploy" / "runbook.md").read_text(),
    re.DOTALL | re.MULTILINE,
)


def test_the_table_of_fields_is_what_is_declared() -> None:
    declared = {
        name: hint.__metadata__[0]
        for name, hint in get_type_hints(Fields, include_extras=True).items()
    }
    declared["exception"] = declared.pop("exc_info")
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", SECTION, re.MULTILINE)) == declared


def test_every_event_worth_searching_for_is_written_by_somebody() -> None:
    events = {
        event for name, text in sources() for call in log_calls(name, text) for event in call.events
    }
    told = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", SECTION))
    assert len(told) > 15
    assert told - events == set()
