"""What a fault orders for the upload it hits."""

from .faults import Fault, FaultKind
from .records import Forced

# A forced state with this prefix is where the envelope stays for ever.
STUCK = "stuck:"


def forced_by(fault: Fault | None) -> Forced:
    """Translate a fault on an upload into the verdict that the worker shall reach."""
    if fault is None:
        return Forced()
    match fault.kind:
        case FaultKind.STUCK:
            return Forced(state=f"{STUCK}{fault.stage}")
        case FaultKind.REJECT:
            return Forced(state=fault.state, text=fault.text)
        case FaultKind.HIDE_KIND:
            return Forced(hidden_kind=fault.document_kind)
    return Forced()
