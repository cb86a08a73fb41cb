"""Talk to the SII: the boleta REST channel (seed, token, upload, statuses).

`hosts` where, `transport` how bytes travel, `session` who we are (token), `boleta_channel` what
we ask, `answers` how replies are read, `statuses` what the codes mean, `errors` what may happen.
Nothing here reads the clock or keeps state but the token; callers pass `at`.
"""

from dte.sii.boleta_channel import (
    UPLOAD_TIMEOUT_SECONDS,
    BoletaChannel,
    DocumentStatus,
    DocumentVerdict,
    EnvelopeStatus,
    TypeCount,
    Uploaded,
    VerdictError,
)
from dte.sii.errors import (
    LoginRefused,
    NotSent,
    OutcomeUnknown,
    Refused,
    SiiError,
    Unavailable,
)
from dte.sii.hosts import CERTIFICATION, PRODUCTION, Hosts, demo_hosts
from dte.sii.session import TokenSource
from dte.sii.statuses import DocumentCode, DocumentState, EnvelopeState
from dte.sii.transport import HttpTransport, Response, Transport

__all__ = [
    "CERTIFICATION",
    "PRODUCTION",
    "UPLOAD_TIMEOUT_SECONDS",
    "BoletaChannel",
    "DocumentCode",
    "DocumentState",
    "DocumentStatus",
    "DocumentVerdict",
    "EnvelopeState",
    "EnvelopeStatus",
    "Hosts",
    "HttpTransport",
    "LoginRefused",
    "NotSent",
    "OutcomeUnknown",
    "Refused",
    "Response",
    "SiiError",
    "TokenSource",
    "Transport",
    "TypeCount",
    "Unavailable",
    "Uploaded",
    "VerdictError",
    "demo_hosts",
]
