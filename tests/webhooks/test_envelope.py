"""The event a vendor receives."""

import json

from hypothesis import given
from hypothesis import strategies as st

from webhooks.envelope import event_body


def test_the_body_is_maesns_five_keys_in_these_bytes() -> None:
    assert event_body(event_type="UPDATED", resource="INVOICE", resource_id="0197-abc") == (
        b'{"eventType":"UPDATED","filterDate":null,"resource":"INVOICE",'
        b'"resourceId":"0197-abc","userId":null}'
    )


@given(
    event_type=st.sampled_from(["CREATED", "UPDATED"]),
    resource=st.text(min_size=1, max_size=20),
    resource_id=st.text(max_size=100),
)
def test_any_id_survives_the_trip(event_type: str, resource: str, resource_id: str) -> None:
    written = event_body(event_type=event_type, resource=resource, resource_id=resource_id)
    assert json.loads(written) == {
        "eventType": event_type,
        "filterDate": None,
        "resource": resource,
        "resourceId": resource_id,
        "userId": None,
    }
    again = event_body(event_type=event_type, resource=resource, resource_id=resource_id)
    assert again == written
