"""The verdict on each document of an envelope, and what of a document brings down the whole."""

from datetime import datetime

from . import documents, rules, stamps
from .caf_office import CafOffice
from .corrections import targets_of
from .envelope import Envelope, read_cover
from .facts import Facts, FolioKey, read_facts, signature_value, stamp_of
from .findings import LIGHT, REJECT, REMARK, Finding, state_of
from .ledger import CREDIT_NOTE, DEBIT_NOTE, Ledger
from .records import ACCEPTED_STATES, Judged, Received
from .registry import Registry
from .settings import Settings

# Notes come after what they refer to, whatever their place in the file.
_LATE = (CREDIT_NOTE, DEBIT_NOTE)


class Judge:
    """Judge documents by their own words, the granted folios and what was received before."""

    def __init__(self, *, registry: Registry, office: CafOffice, settings: Settings) -> None:
        self._registry = registry
        self._office = office
        self._settings = settings

    def breakers(self, received: Received, envelope: Envelope) -> list[str]:
        """List forged stamps and folios already received: live, both turn the envelope down."""
        all_facts = [read_facts(dte) for dte in envelope.documents]
        taken = set(self._taken(received, all_facts))
        errors = []
        for facts, dte, dte_text in zip(all_facts, envelope.documents, envelope.texts, strict=True):
            name = f"tipo {facts.kind} folio {facts.folio}"
            if facts.key in taken and self._settings.repeated_folio_rejects_envelope:
                errors.append(f"DTE repetido: {name}")
            taken.add(facts.key)
            errors += [
                f"{forgery} ({name})"
                for forgery in stamps.forgeries(
                    dte_text, stamp_of(dte), authority=self._office.authority_key
                )
            ]
        return errors

    def verdicts(
        self, received: Received, envelope: Envelope, *, at: datetime
    ) -> tuple[Judged, ...]:
        """Judge every document; the answer keeps the order of the file."""
        all_facts = [read_facts(dte) for dte in envelope.documents]
        # Another envelope with one of these folios may have ended since the signature step.
        taken = set(self._taken(received, all_facts))
        ledger, forced = Ledger(self._registry), _forced_finding(received)
        issuer = read_cover(envelope).issuer if all_facts else ""
        judged: dict[int, Judged] = {}
        for place in sorted(range(len(all_facts)), key=lambda place: _turn(all_facts[place])):
            facts = all_facts[place]
            findings = documents.document_findings(
                envelope.documents[place],
                envelope.texts[place],
                encoding=envelope.encoding,
                issuer=issuer,
                authority=self._office.certificate_authority,
                at=at,
                settings=self._settings,
                ledger=ledger,
            )
            if forced is not None:
                findings += (forced,)
            if facts.key in taken:
                findings += (rules.REPEATED.finding(),)
            dte = envelope.documents[place]
            verdict = Judged(
                facts=facts,
                state=state_of(findings),
                findings=findings,
                signature=signature_value(dte),
                targets=targets_of(dte, facts),
            )
            if verdict.state in ACCEPTED_STATES:
                taken.add(facts.key)
                ledger.add(facts, verdict.targets)
            judged[place] = verdict
        return tuple(judged[place] for place in range(len(all_facts)))

    def _taken(self, received: Received, all_facts: list[Facts]) -> frozenset[FolioKey]:
        return self._registry.accepted_among(
            [facts.key for facts in all_facts], channel=received.channel
        )


def _turn(facts: Facts) -> int:
    return _LATE.index(facts.kind) + 1 if facts.kind in _LATE else 0


def _forced_finding(received: Received) -> Finding | None:
    level = {"RCH": REJECT, "RPR": REMARK, "RLV": LIGHT}.get(received.forced_state)
    if level is None:
        return None
    return Finding(section="DTE", level=level, code=999, text=received.forced_text)
