"""What notes did to documents so far: those in the registry, and those judged just now."""

from .facts import Facts, FolioKey
from .records import Note, Target
from .registry import Registry

ANNULS, CORRECTS_TEXT, CORRECTS_AMOUNTS = "1", "2", "3"
DEBIT_NOTE, CREDIT_NOTE = 56, 61


class Ledger:
    """Look documents and their notes up; one per envelope, so that its own documents count too."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._documents: dict[FolioKey, Facts] = {}
        self._notes: dict[FolioKey, list[Note]] = {}

    def add(self, facts: Facts, targets: tuple[Target, ...]) -> None:
        """Count a document that has just been accepted, and what it changes."""
        self._documents[facts.key] = facts
        for target in targets:
            note = Note(
                kind=facts.kind,
                folio=facts.folio,
                reason=target.reason,
                total_clp=facts.total_clp,
            )
            self._notes.setdefault((target.issuer, target.kind, target.folio), []).append(note)

    def document(self, key: FolioKey) -> Facts | None:
        """Find an accepted document; None when the SII never received it."""
        issuer, kind, folio = key
        return self._documents.get(key) or self._registry.accepted(
            issuer=issuer, kind=kind, folio=folio
        )

    def is_annulled(self, key: FolioKey, *, seen: frozenset[FolioKey] = frozenset()) -> bool:
        """Tell whether a note annuls a document and was not annulled itself."""
        # Notes may name each other in a circle; each is followed once.
        return key not in seen and any(
            note.reason == ANNULS
            and not self.is_annulled((key[0], note.kind, note.folio), seen=seen | {key})
            for note in self._notes_on(key)
        )

    def remaining_clp(self, documents: tuple[Facts, ...]) -> int:
        """Tell how much notes left of these documents of one issuer, together, in pesos."""
        left = sum(document.total_clp for document in documents)
        counted = set()
        for document in documents:
            for note in self._notes_on(document.key):
                key = (document.issuer, note.kind, note.folio)
                if key in counted or self.is_annulled(key):
                    continue
                counted.add(key)
                if note.kind == CREDIT_NOTE:
                    left -= note.total_clp
                elif note.reason == CORRECTS_AMOUNTS:
                    left += note.total_clp
        return left

    def _notes_on(self, key: FolioKey) -> list[Note]:
        issuer, kind, folio = key
        return [
            *self._registry.notes_on(issuer=issuer, kind=kind, folio=folio),
            *self._notes.get(key, []),
        ]
