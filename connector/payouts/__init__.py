"""Payout files: many payments in one file, checked as a whole, confirmed, and then run once.

    file --read, check--> DRAFT --confirm total and count--> CONFIRMED --run--> RUNNING
                                                                |  stop        |
                                                                +--- STOPPED <-+--> DONE, PARTIAL

`csv_files`, `pain001` and `json_lines` read; `checks` finds all that is wrong at once; `payouts`
stores what was right, and `running` does it chunk by chunk, each line with a key that was stored
before it left. By default lines are proposed (`proposing`): people approve them in the target
system's app. Reading and checking are pure.
"""
