"""Lines, persons and whatever else a record holds that has no id at the target system."""


def part_id(record_id: str, position: int) -> str:
    """Return the id of a part of a record, counted from 1 in the target system's order.

    It is made of the record's, and stays while no part before it comes or goes.
    """
    return f"{record_id}-{position}"
