"""Compare the SII's registry with ours, document by document; nothing is taken on trust."""

import json
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulation.world import RUT, World

from erpmarket.fiscal.models import (
    DocumentReference,
    FolioRange,
    FolioVoid,
    IssuedDocument,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.troubles import TroubleKind, list_troubles
from erpmarket.tenancy.scope import company_scope

_ACCEPTED = frozenset({"DOK", "RPR", "RLV"})
_OURS_ACCEPTED = frozenset({SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_REMARKS})
_FINAL = _OURS_ACCEPTED | {SubmissionState.REJECTED}
PAGE = 1000

Key = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A paper as we know it."""

    state: str
    words: str
    receiver: str
    total_clp: int
    issue_date: str
    waits_for_rejected: bool


def find_faults(world: World) -> list[str]:
    """List everything that is wrong, in words; an empty list is the good verdict."""
    registry = _read_registry(world)
    with company_scope(world.company_id):
        ours = _read_ours()
        return [
            *_compare(ours, registry),
            *_holes(ours),
            *_untold(ours),
        ]


def _read_registry(world: World) -> dict[Key, list[dict[str, Any]]]:
    found: defaultdict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in _pages(world.simulator.url):
        found[row["kind"], row["folio"]].append(row)
    return found


def _pages(url: str) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        address = f"{url}/simulador/documentos?issuer={RUT}&after={after}&limit={PAGE}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            page = json.load(answer)
        yield from page["documents"]
        if page["next"] is None:
            return
        after = page["next"]


def _read_ours() -> dict[Key, Ours]:
    rejected = set(
        Submission.objects.filter(state=SubmissionState.REJECTED).values_list(
            "document_id", flat=True
        )
    )
    waiting = set(
        DocumentReference.objects.filter(target_id__in=rejected).values_list(
            "document_id", flat=True
        )
    )
    states = {
        row[0]: (row[1], row[2])
        for row in Submission.objects.values_list("document_id", "state", "words")
    }
    rows = IssuedDocument.objects.values_list(
        "id", "kind", "folio", "receiver_rut", "total_clp", "issue_date"
    )
    return {
        (row[1], row[2]): Ours(
            state=states[row[0]][0],
            words=states[row[0]][1],
            receiver=row[3],
            total_clp=row[4],
            issue_date=row[5].isoformat(),
            waits_for_rejected=row[0] in waiting,
        )
        for row in rows
    }


def _compare(ours: dict[Key, Ours], registry: dict[Key, list[dict[str, Any]]]) -> Iterator[str]:
    for key in sorted(registry.keys() - ours.keys()):
        yield f"the SII has {key}, which we never issued"
    for key, paper in sorted(ours.items()):
        accepted = [row for row in registry.get(key, []) if row["state"] in _ACCEPTED]
        if len(accepted) > 1:
            yield f"{key} was accepted {len(accepted)} times"
        if bool(accepted) != (paper.state in _OURS_ACCEPTED):
            yield f"{key} is {paper.state} here, at the SII {[r['state'] for r in accepted]}"
        for row in accepted:
            yield from _compare_facts(key, paper, row)


def _compare_facts(key: Key, paper: Ours, row: dict[str, Any]) -> Iterator[str]:
    theirs = (row["receiver"], row["total_clp"], row["issue_date"])
    if theirs != (paper.receiver, paper.total_clp, paper.issue_date):
        yield f"{key} says {paper}, the SII {theirs}"
    has_remarks = paper.state == SubmissionState.ACCEPTED_WITH_REMARKS
    if row["state"] != "DOK" and not has_remarks:
        yield f"{key} has remarks at the SII ({row['state']}) and none here"
    if row["state"] == "DOK" and has_remarks and "no dice a cuáles" not in paper.words:
        yield f"{key} has remarks here and none at the SII"


def _holes(ours: dict[Key, Ours]) -> Iterator[str]:
    voided = {
        (void.kind, folio)
        for void in FolioVoid.objects.all()
        for folio in range(void.first_folio, void.last_folio + 1)
    }
    for folios in FolioRange.objects.select_related("caf"):
        for folio in range(folios.caf.first_folio, folios.next_folio):
            key = (folios.kind, folio)
            if key not in ours and key not in voided:
                yield f"{key} is a hole that nobody explains"


def _untold(ours: dict[Key, Ours]) -> Iterator[str]:
    for key, paper in sorted(ours.items()):
        if paper.state not in _FINAL and not paper.waits_for_rejected:
            yield f"{key} is {paper.state}, and nobody is told"
        if paper.state == SubmissionState.REJECTED and not paper.words:
            yield f"{key} is rejected without a word"
    rejected = sum(paper.state == SubmissionState.REJECTED for paper in ours.values())
    told = {trouble.kind: trouble.count for trouble in list_troubles(datetime.now(UTC))}
    if told.get(TroubleKind.REJECTED, 0) != rejected:
        yield f"{rejected} are rejected, a person is told of {told}"


def count_states(world: World) -> Counter[str]:
    """Count our papers by state."""
    with company_scope(world.company_id):
        return Counter(Submission.objects.values_list("state", flat=True))


def count_kinds(world: World) -> Counter[int]:
    """Count our papers by type."""
    with company_scope(world.company_id):
        return Counter(IssuedDocument.objects.values_list("kind", flat=True))


def list_unsettled(world: World) -> Sequence[int]:
    """List the papers on their way, but for notas on what a person must mend first."""
    with company_scope(world.company_id):
        rejected = Submission.objects.filter(state=SubmissionState.REJECTED).values("document_id")
        waiting = DocumentReference.objects.filter(target_id__in=rejected).values("document_id")
        return list(
            Submission.objects.exclude(state__in=[str(state) for state in _FINAL])
            .exclude(document_id__in=waiting)
            .values_list("document_id", flat=True)
        )
