"""Writing at a target system: checked before it leaves, recorded, and never done twice.

    asked --prepare--> checked --record--> SENT --send--> DONE
                                            |  answer lost: look for the record
                                            +--> found, and nobody else's: DONE
                                            +--> not there, after a while: not done, forget it
                                            +--> can't be told: UNKNOWN, with what to check

Writes about one record take turns (`storage.repositories.writes`, over all processes), so that what
was read just before still holds when the write leaves. After a lost answer the turn runs out by
itself: what may still be on its way is waited for.

`decisions.py` says what follows from what is seen; `writing.py` acts on it. What a target system
offers is in `connector.ports`: a Writer prepares, sends, and finds what may have come of it.
"""
