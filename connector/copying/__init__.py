"""Keeping a faithful copy of each account's records, and of their documents.

    taken under a lease, its end fixed --read--> spooled --write--> destination --note--> states,
    documents queued --compare--> what is gone is out --fetch--> documents --end--> watermark moves

Whatever a run is stopped by, the next one begins where it did: reading overlaps, destinations take
the same record twice as once, and the states in the database tell what is news. `decisions.py` says
what is read and when; `copier.py` makes one run, `copies.py` those of all accounts;
`document_queue.py` looks for documents until they are there. What a target system offers is in
`feed.py`, where records and documents go in `ports.py`.
"""
