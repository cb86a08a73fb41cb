"""Talk to the SII: boletas (REST), facturas (SOAP), and the register of claims.

`hosts` where, `transport` how bytes travel, `soap` and `uploads` in what form, `session` who we are
(one token per side), `boleta_channel`, `factura_channel` and `claims` what we ask (and
`claim_rules` what need not be asked), `answers` how
replies are read, `results` what they say, `statuses` and its neighbours what the codes mean,
`errors` what may happen. Nothing here reads the clock or keeps state but the tokens; callers pass
`at`.
"""

from dte.sii.boleta_channel import BoletaChannel
from dte.sii.claim_codes import AssignabilityCode, ClaimAction, ClaimCode
from dte.sii.claim_rules import claim_deadline, find_claim_obstacle
from dte.sii.claims import (
    Assignability,
    ClaimEvent,
    ClaimHistory,
    ClaimRegister,
    ClaimRegistered,
    ReceivedDocument,
)
from dte.sii.errors import (
    ClaimRefused,
    LoginRefused,
    NotSent,
    OutcomeUnknown,
    Refused,
    SenderMismatch,
    SessionLimit,
    SiiError,
    Unavailable,
)
from dte.sii.factura_channel import FacturaChannel
from dte.sii.hosts import CERTIFICATION, PRODUCTION, Hosts, demo_hosts
from dte.sii.login_states import SeedState, TokenState
from dte.sii.query_codes import DocumentErrorCode, MailCode, QueryError, SignedQueryCode
from dte.sii.results import (
    DocumentStatus,
    DocumentVerdict,
    EnvelopeStatus,
    TypeCount,
    VerdictError,
)
from dte.sii.session import FacturaTokenSource, TokenSource
from dte.sii.statuses import DocumentCode, DocumentState, EnvelopeState
from dte.sii.transport import (
    UPLOAD_TIMEOUT_SECONDS,
    HttpTransport,
    PatientTransport,
    Response,
    Transport,
)
from dte.sii.upload_status import UploadStatus
from dte.sii.uploads import Uploaded

__all__ = [
    "CERTIFICATION",
    "PRODUCTION",
    "UPLOAD_TIMEOUT_SECONDS",
    "Assignability",
    "AssignabilityCode",
    "BoletaChannel",
    "ClaimAction",
    "ClaimCode",
    "ClaimEvent",
    "ClaimHistory",
    "ClaimRefused",
    "ClaimRegister",
    "ClaimRegistered",
    "DocumentCode",
    "DocumentErrorCode",
    "DocumentState",
    "DocumentStatus",
    "DocumentVerdict",
    "EnvelopeState",
    "EnvelopeStatus",
    "FacturaChannel",
    "FacturaTokenSource",
    "Hosts",
    "HttpTransport",
    "LoginRefused",
    "MailCode",
    "NotSent",
    "OutcomeUnknown",
    "PatientTransport",
    "QueryError",
    "ReceivedDocument",
    "Refused",
    "Response",
    "SeedState",
    "SenderMismatch",
    "SessionLimit",
    "SignedQueryCode",
    "SiiError",
    "TokenSource",
    "TokenState",
    "Transport",
    "TypeCount",
    "Unavailable",
    "UploadStatus",
    "Uploaded",
    "VerdictError",
    "claim_deadline",
    "demo_hosts",
    "find_claim_obstacle",
]
