"""Paying: money that moves once, to whom it should, with its owner's consent.

    asked --second key--> ready --verify--> full match ------------+
      (where one must)      |                                      v
                            +--> any other: a person confirms --> sending --> transfer: followed
                                                                   |  ^         to its end
                                              owner has to approve |  | approved
                                                                   v  |
                                                            awaiting approval --> denied, expired
    sending, answer lost --the same key again, for 25 minutes--> transfer
                         --then nothing is sent any more--> unknown, until the list of transfers
                                                            tells: transfer, or not made

A payment is stored before anything leaves, with its key at the target system. Each step is stored
before the next, and only one process at a time takes steps of a payment, so that whoever goes on
with it after a crash knows what may have left. First attempt and approved retry are one request
under one key.

`states.py` says what follows from what is seen, `order.py` what is known of a payment, `limits.py`
what a vendor may pay; `paying.py` acts. What a target system offers is in `ports.py`. For whoever
makes payments from elsewhere, such as from files, `Paying.pay` is the way in.

`approving.py` has the owner asked about what isn't a payment: trust in a beneficiary
(`trusting.py`) and the end of a bank account (`closing.py`). Such an act stands however often it's
asked for, and takes a job instead of a payment's row.
"""
