"""Check an envelope's Caratula against the upload, the environment and the contents."""

from collections import Counter
from datetime import datetime, timedelta

from .clock import CHILE, chile
from .envelope import Cover, Envelope, text
from .settings import Settings

SII_RUT = "60803000-K"
# A till's clock may run a little ahead of ours.
_CLOCK_TOLERANCE = timedelta(minutes=10)


def cover_errors(
    envelope: Envelope,
    cover: Cover,
    *,
    sender: str,
    issuer: str,
    settings: Settings,
    at: datetime,
) -> list[str]:
    """List what is wrong with a Caratula; `sender` and `issuer` are those of the upload."""
    pairs = (
        ("CRT-3-11 RUT envia diferente al Upload", cover.sender, sender),
        ("RUT emisor diferente al Upload", cover.issuer, issuer),
        ("RUT receptor no es el SII", cover.receiver, SII_RUT),
        ("Numero de resolucion errado", cover.resolution_number, str(settings.resolution_number)),
        ("Fecha de resolucion errada", cover.resolution_date, str(settings.resolution_date)),
    )
    found = [f"{words}: [{own}] <> [{wanted}]" for words, own, wanted in pairs if own != wanted]
    inside = Counter(
        int(text(document, "Documento/Encabezado/IdDoc/TipoDTE")) for document in envelope.documents
    )
    if cover.counts != tuple(sorted(inside.items())):
        found.append(f"SubTotDTE no cuadra: {cover.counts} <> {tuple(sorted(inside.items()))}")
    signed_at = datetime.fromisoformat(cover.signed_at).replace(tzinfo=CHILE)
    if signed_at > chile(at) + _CLOCK_TOLERANCE:
        found.append(f"TmstFirmaEnv esta en el futuro: [{cover.signed_at}]")
    return found
