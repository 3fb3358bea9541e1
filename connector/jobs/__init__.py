"""Work that takes longer than a request may: done step by step, by whichever process is free.

A kind of job knows how to take the next step from a state, which is JSON. What came of a step is
stored before the next begins, so that a process that dies costs one step at most; a step that
writes at a target system does so under a key of the job's, so that it's done once.
"""
