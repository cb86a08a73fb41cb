"""Check what is no envelope: consumption of folios and books (schema, cover, signature).

Their contents are not reckoned with: the schema, the cover and the signature decide.
"""

from datetime import datetime

from lxml import etree

from . import signatures
from .certificates import Authority, is_current, rut_of
from .envelope import SII, text
from .settings import Settings


def cover_errors(
    root: etree._Element, *, sender: str, issuer: str, settings: Settings
) -> list[str]:
    """List what is wrong with a Caratula; `sender` and `issuer` are those of the upload."""
    cover = root.find(f"{{{SII}}}*/{{{SII}}}Caratula")
    assert cover is not None, "the schema demands a Caratula"
    pairs = (
        ("RUT envia diferente al Upload", text(cover, "RutEnvia"), sender),
        (
            "RUT emisor diferente al Upload",
            text(cover, "RutEmisor") or text(cover, "RutEmisorLibro"),
            issuer,
        ),
        (
            "Numero de resolucion errado",
            text(cover, "NroResol"),
            str(settings.resolution_number),
        ),
        ("Fecha de resolucion errada", text(cover, "FchResol"), str(settings.resolution_date)),
    )
    return [f"{words}: [{own}] <> [{wanted}]" for words, own, wanted in pairs if own != wanted]


def signature_errors(
    root: etree._Element, *, sender: str, authority: Authority, at: datetime
) -> list[str]:
    """List what is wrong with the signature over the file's contents."""
    try:
        certificate = signatures.check_file(root).certificate
    except signatures.BadSignatureError as error:
        return [f"Firma del envio incorrecta: {error.reason}"]
    if not authority.trusts(certificate):
        return ["Certificado no autorizado"]
    if not is_current(certificate, at=at):
        return ["Certificado no vigente"]
    if rut_of(certificate) != sender:
        return ["RUT del certificado distinto a RutEnvia"]
    return []
