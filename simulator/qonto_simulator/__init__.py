"""An offline Qonto, written from Qonto's documentation.

It serves the authorization server, the API under ``/v2`` and signed webhooks, and can be told what
should happen. It shares no code with any client, so that one misreading can't hide in both.
"""

from .browser import ConsentFailed, deliver_callback, give_consent
from .clock import Clock
from .control import Control
from .errors import ApiError
from .quirks import Quirks
from .serve import run, serving
from .simulator import RefusedInProduction, Simulator

__all__ = [
    "ApiError",
    "Clock",
    "ConsentFailed",
    "Control",
    "Quirks",
    "RefusedInProduction",
    "Simulator",
    "deliver_callback",
    "give_consent",
    "run",
    "serving",
]
