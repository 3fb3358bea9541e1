"""Log lines carry known fields only."""

from connector.app.logs import only_allowed_fields


def test_a_field_that_is_not_on_the_list_is_dropped() -> None:
    event = {"event": "link.finished", "account_id": "acct_1", "access_token": "canary"}
    assert only_allowed_fields(None, "info", event) == {
        "event": "link.finished",
        "account_id": "acct_1",
    }
