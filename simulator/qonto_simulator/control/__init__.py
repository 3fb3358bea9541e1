"""Everything a test or a person may do to the simulator from outside Qonto's API.

The same calls exist over HTTP under ``/_simulator``; both take and return the same values.
"""

from .control import Control

__all__ = ["Control"]
