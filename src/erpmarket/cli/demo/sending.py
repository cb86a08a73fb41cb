"""Send the history to the simulated SII, and let its last boletas get answers nobody wishes for.

A demo in which all is accepted has nothing to show on the screens that matter most. The simulator
is asked by its own fault script; the documents are real and take the usual way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dte.envelope import BOLETA_LIMIT
from erpmarket.cli.demo.sii import DemoSii
from erpmarket.common.clock import now
from erpmarket.fiscal.actions.deliver import deliver
from erpmarket.fiscal.actions.pack_pending import pack_pending
from erpmarket.fiscal.models import Envelope, Submission, SubmissionState
from erpmarket.tenancy.scope import company_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedVerdict:
    """What the SII shall say about how many boletas; `state` is RCH or RPR."""

    state: str
    words: str
    count: int


VERDICTS: Final = (
    ScriptedVerdict(state="RPR", words="Codigo de sucursal no informado", count=2),
    ScriptedVerdict(state="RCH", words="Emisor sin autorizacion vigente para boletas", count=1),
)


def send_boletas(company_id: int, sii: DemoSii, *, verdicts: Sequence[ScriptedVerdict]) -> int:
    """Sign and send what waits, the newest in small envelopes with a scripted verdict.

    Returns how many boletas were sent. Call it outside a scope; a worker may help meanwhile.
    """
    with company_scope(company_id):
        if Envelope.objects.exists():
            # Cut after this began: the worker sends the rest like any other boleta.
            return 0
        waiting = Submission.objects.filter(state=SubmissionState.PENDING).count()
    left = max(0, waiting - sum(verdict.count for verdict in verdicts))
    while left and pack_pending(company_id=company_id, clock=now, limit=min(left, BOLETA_LIMIT)):
        left -= min(left, BOLETA_LIMIT)
    while deliver(company_id=company_id, clock=now):
        pass
    for verdict in verdicts:
        if not _send_scripted(company_id, sii, verdict):
            break
    return waiting


def _send_scripted(company_id: int, sii: DemoSii, verdict: ScriptedVerdict) -> bool:
    if not pack_pending(company_id=company_id, clock=now, limit=verdict.count):
        return False
    sii.script_verdict(state=verdict.state, words=verdict.words)
    if deliver(company_id=company_id, clock=now):
        return True
    # A worker of the shop was faster: what was scripted must not meet another envelope.
    sii.clear_script()
    return False
