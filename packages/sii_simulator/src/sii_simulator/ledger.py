"""What notes did to documents so far: those in the registry, and those judged just now."""

from .facts import Boleta
from .registry import Note, Registry, Target

ANNULS, CORRECTS_TEXT, CORRECTS_AMOUNTS = "1", "2", "3"
DEBIT_NOTE, CREDIT_NOTE = 56, 61

Key = tuple[str, int, int]


class Ledger:
    """Look documents and their notes up; one per envelope, so that its own documents count too."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._documents: dict[Key, Boleta] = {}
        self._notes: dict[Key, list[Note]] = {}

    def add(self, boleta: Boleta, targets: tuple[Target, ...]) -> None:
        """Count a document that has just been accepted, and what it changes."""
        self._documents[boleta.key] = boleta
        for target in targets:
            note = Note(
                kind=boleta.kind,
                folio=boleta.folio,
                reason=target.reason,
                total_clp=boleta.total_clp,
            )
            self._notes.setdefault((target.issuer, target.kind, target.folio), []).append(note)

    def document(self, key: Key) -> Boleta | None:
        """Find an accepted document; None when the SII never received it."""
        issuer, kind, folio = key
        return self._documents.get(key) or self._registry.accepted(
            issuer=issuer, kind=kind, folio=folio
        )

    def is_annulled(self, key: Key, *, seen: frozenset[Key] = frozenset()) -> bool:
        """Tell whether a note annuls a document and was not annulled itself."""
        # Notes may name each other in a circle; each is followed once.
        return key not in seen and any(
            note.reason == ANNULS
            and not self.is_annulled((key[0], note.kind, note.folio), seen=seen | {key})
            for note in self._notes_on(key)
        )

    def remaining_clp(self, documents: tuple[Boleta, ...]) -> int:
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

    def _notes_on(self, key: Key) -> list[Note]:
        issuer, kind, folio = key
        return [
            *self._registry.notes_on(issuer=issuer, kind=kind, folio=folio),
            *self._notes.get(key, []),
        ]
