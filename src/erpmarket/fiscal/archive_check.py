"""Judge an archive of papers: nothing missing, nothing added, nothing changed, all authentic.

It needs no database and no settings: whoever holds the file can ask. The manifest's own hash, as it
was noted when the archive was made, is what shows that the manifest was not written anew.
"""

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dte.caf import SiiKey
from dte.errors import DteError
from dte.verdict import Verdict, verify_document

FORMAT: Final = "erpmarket-archive-1"
MANIFEST_NAME: Final = "manifest.json"
HASH_NAME: Final = "manifest.sha256"
MAX_DOCUMENT_BYTES: Final = 5_000_000
MAX_MANIFEST_BYTES: Final = 2_000_000_000
_FACTS: Final = {
    "file": str,
    "kind": int,
    "folio": int,
    "issue_date": str,
    "total_clp": int,
    "state": str,
    "signed": bool,
    "sha256": str,
}

# What the zip reader raises for a file that was cut, changed or locked with a password.
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)

Keys = Callable[[str], Mapping[int, SiiKey]]


class ArchiveUnreadable(Exception):
    """The file is no archive of ours; its text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one file of an archive, in Spanish."""

    file: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveVerdict:
    """What an archive says of itself, and what is wrong with it."""

    company_rut: str
    company_name: str
    environment: str
    first: str
    until: str
    manifest_sha256: str
    documents: int
    unsigned: int
    faults: tuple[Fault, ...]

    @property
    def is_right(self) -> bool:
        """Say whether nothing is wrong; papers that were not signed yet are no fault."""
        return not self.faults


def document_name(kind: int, folio: int) -> str:
    """Return where an archive keeps a paper."""
    return f"documentos/{kind}-{folio}.xml"


def hash_line(digest: str) -> str:
    """Return what the file with the manifest's hash holds: `sha256sum` reads it too."""
    return f"{digest}  {MANIFEST_NAME}\n"


def verify_archive(path: Path, *, keys: Keys) -> ArchiveVerdict:
    """Judge an archive; `keys` gives the SII's keys of an environment, by number.

    Raises ArchiveUnreadable for what is no archive, and nothing for what an archive says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _judge(archive, keys)
    except (OSError, zipfile.BadZipFile) as error:
        raise ArchiveUnreadable(
            f"{path.name} no se puede leer o está incompleto. Bájalo otra vez."
        ) from error


def _judge(archive: zipfile.ZipFile, keys: Keys) -> ArchiveVerdict:
    content = _read(archive, MANIFEST_NAME, MAX_MANIFEST_BYTES)
    manifest = _parse(content)
    digest = hashlib.sha256(content).hexdigest()
    faults = list(_judge_names(archive, manifest))
    if _read(archive, HASH_NAME, 200) != hash_line(digest).encode():
        words = "No calza con su código de control: alguien lo cambió después de bajarlo."
        faults.append(Fault(file=MANIFEST_NAME, words=words))
    present, trusted = set(archive.namelist()), keys(manifest["environment"])
    for facts in manifest["documents"]:
        if facts["file"] in present:
            found = _judge_document(archive, facts, manifest, trusted)
            faults += [Fault(file=facts["file"], words=words) for words in found]
    return ArchiveVerdict(
        company_rut=manifest["company_rut"],
        company_name=manifest["company_name"],
        environment=manifest["environment"],
        first=manifest["first"],
        until=manifest["until"],
        manifest_sha256=digest,
        documents=len(manifest["documents"]),
        unsigned=sum(not facts["signed"] for facts in manifest["documents"]),
        faults=tuple(faults),
    )


def _read(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    """Read one file; what unpacks to more than it can be is refused before it fills the memory."""
    try:
        with archive.open(name) as entry:
            content = entry.read(limit_bytes + 1)
    except KeyError as error:
        words = f"Falta {name}: este zip no es un respaldo de ERP Market."
        raise ArchiveUnreadable(words) from error
    except _DAMAGED as error:
        raise ArchiveUnreadable(f"{name} está dañado. Baja el respaldo otra vez.") from error
    if len(content) > limit_bytes:
        raise ArchiveUnreadable(f"{name} es demasiado grande para ser de un respaldo.")
    return content


def _parse(content: bytes) -> dict[str, Any]:
    texts = ("company_rut", "company_name", "environment", "first", "until")
    try:
        manifest = json.loads(content)
        is_ours = (
            manifest["format"] == FORMAT
            and all(type(manifest[name]) is str for name in texts)
            and all(
                type(facts[name]) is kind
                for facts in manifest["documents"]
                for name, kind in _FACTS.items()
            )
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveUnreadable(f"{MANIFEST_NAME} no se entiende.") from error
    if not is_ours:
        raise ArchiveUnreadable(f"{MANIFEST_NAME} no es de un respaldo que conozcamos.")
    return dict(manifest)


def _judge_names(archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """Compare what is in the zip with what the manifest names: each exactly once."""
    listed = Counter(facts["file"] for facts in manifest["documents"])
    stored = Counter(archive.namelist())
    for name, count in listed.items():
        if name not in stored:
            yield Fault(file=name, words="Falta en el zip.")
        if count > 1:
            yield Fault(file=name, words="Aparece más de una vez en la lista.")
    for name, count in stored.items():
        if name not in listed and name not in (MANIFEST_NAME, HASH_NAME):
            yield Fault(file=name, words="Sobra: no está en la lista.")
        if count > 1:
            yield Fault(file=name, words="Está más de una vez en el zip.")


def _judge_document(
    archive: zipfile.ZipFile,
    facts: Mapping[str, Any],
    manifest: Mapping[str, Any],
    trusted: Mapping[int, SiiKey],
) -> Iterator[str]:
    try:
        content = _read(archive, facts["file"], MAX_DOCUMENT_BYTES)
    except ArchiveUnreadable as refusal:
        yield str(refusal)
        return
    if hashlib.sha256(content).hexdigest() != facts["sha256"]:
        yield "No calza con su código de control: alguien lo cambió."
    try:
        verdict = verify_document(content, trusted=trusted)
    except DteError as refusal:
        yield refusal.message
        return
    yield from _judge_content(verdict, facts, manifest)


def _judge_content(
    verdict: Verdict, facts: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Iterator[str]:
    asked = [
        ("No se entiende", verdict.content_refusal),
        ("Timbre", verdict.stamp_refusal),
        ("Folio", verdict.authority_refusal),
    ]
    if not facts["signed"] and facts["state"] != "pending":
        yield "No trae firma, y la lista dice que ya se firmó para enviarlo."
    if facts["signed"]:
        asked.append(("Firma", verdict.signature_refusal))
    told = set()
    for question, refusal in asked:
        # One refusal may answer several questions.
        if refusal is not None and id(refusal) not in told:
            told.add(id(refusal))
            yield f"{question}: {refusal.message}"
    if verdict.stamp_differences:
        yield f"El timbre dice otra cosa: {', '.join(verdict.stamp_differences)}."
    if verdict.has_false_certificate:
        yield "El certificado es de otra clave que la que firmó."
    if verdict.has_appendix:
        yield "Trae datos agregados después del documento."
    document = verdict.document
    if document is None:
        return
    pairs = {
        "nombre": (facts["file"], document_name(document.kind, document.folio)),
        "emisor": (manifest["company_rut"], str(document.issuer.rut)),
        "tipo": (facts["kind"], document.kind.value),
        "folio": (facts["folio"], document.folio),
        "fecha": (facts["issue_date"], document.issue_date.isoformat()),
        "total": (facts["total_clp"], document.totals.total_clp),
    }
    wrong = [name for name, (listed, written) in pairs.items() if listed != written]
    if wrong:
        yield f"La lista dice otra cosa que el documento: {', '.join(wrong)}."
