"""The list engine: pages, filters and orders over the lists of any target system.

How a question travels. A `Listing` reads one resource; it asks its `RecordKind` for a `ListPlan`:
the `Source`s (the target system's lists, as far as this question needs them) and the `LocalFilter`
(what the target system can't do). One list with nothing left to do is answered by a `Window` on it,
several by merging a `Stream` of each, and anything else by an `Index` of the whole, kept as one of
the `Snapshots`. A `Walk` reads a whole list for them.

What a provider gives is in `source`: a `RemoteList` and the facts of a `Source`. How it declares
what can be read is in `kinds`; `query` sorts a `Query` into what is asked of the target system and
what is left to do here.
"""
