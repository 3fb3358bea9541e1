"""What can go wrong with the copies of accounts' records.

ServiceError
└── Conflict
    ├── SyncInProgress   another process is copying the same records
    └── SyncNotSetUp     the operator hasn't said where records are copied to
"""

from storage.errors import Conflict


class SyncInProgress(Conflict):
    code = "SYNC_IN_PROGRESS"
    retryable = True
    meaning = "another process is copying the same records"


class SyncNotSetUp(Conflict):
    code = "SYNC_NOT_SET_UP"
    meaning = "the operator hasn't said where records are copied to"
