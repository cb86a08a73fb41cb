"""Files that taxpayers send each other: answers to envelopes, and receipts of goods.

`judge_envelope` looks at what arrived, `write_answer` and `write_receipts` make the files for
the other's inbox, `read_answer` and `read_receipts` understand those that arrive in ours.
"""

from dte.exchange.answers import (
    Answer,
    DocumentResult,
    ReceivedDocument,
    ReceivedEnvelope,
    SignedAnswer,
    read_answer,
    write_answer,
)
from dte.exchange.codes import Approval, DocumentReception, EnvelopeReception
from dte.exchange.parties import Contact, DocumentIdentity, ExchangeRefused, Parties
from dte.exchange.receipts import (
    LAW_19983_DECLARATION,
    Receipt,
    SignedReceipt,
    SignedReceipts,
    read_receipts,
    write_receipts,
)
from dte.exchange.reception import Arrival, judge_envelope

__all__ = [
    "LAW_19983_DECLARATION",
    "Answer",
    "Approval",
    "Arrival",
    "Contact",
    "DocumentIdentity",
    "DocumentReception",
    "DocumentResult",
    "EnvelopeReception",
    "ExchangeRefused",
    "Parties",
    "Receipt",
    "ReceivedDocument",
    "ReceivedEnvelope",
    "SignedAnswer",
    "SignedReceipt",
    "SignedReceipts",
    "judge_envelope",
    "read_answer",
    "read_receipts",
    "write_answer",
    "write_receipts",
]
