"""Keep the certificate that signs for the company."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from dte.certificate import Certificate as DteCertificate
from dte.certificate import load_certificate, read_certificate
from dte.errors import DteError
from dte.keys import rsa_fits_sha1, rsa_sign_sha1
from erpmarket.common.errors import DomainError
from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.release_held import release_held
from erpmarket.fiscal.chain import is_known_issuer, read_chain
from erpmarket.fiscal.models import Certificate, Envelope, EnvelopeState
from erpmarket.fiscal.pfx_rounds import count_rounds
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import current_company

SIZE_LIMIT_BYTES = 100_000
# About a second; the files of Windows and OpenSSL have from 2,000 to 600,000. One that asks for
# thousands of millions would hold whoever opens it for hours.
ROUNDS_LIMIT = 3_000_000
_PROBE = b"erp market signs this to see that it can"


@dataclass(kw_only=True, eq=False)
class CertificateRefused(DomainError):
    """The file cannot sign for the company; `reason` is stable, `words` says what to do."""

    reason: str
    words: str

    code: ClassVar[str] = "certificate_refused"

    @property
    def message(self) -> str:
        return self.words


@transaction.atomic
def store_certificate(*, pfx: bytes, password: str, at: datetime) -> Certificate:
    """Check and keep a .pfx; it replaces the active one, which stays as history without its key.

    Raises CertificateRefused: too_large, too_slow, certificate_probe, or the code of `dte`:
    unreadable, password, without RUT or key, expired, not yet valid. The current certificate stays
    then.
    """
    if len(pfx) > SIZE_LIMIT_BYTES:
        raise CertificateRefused(
            reason="too_large",
            words="Ese archivo es demasiado grande para ser un certificado. Elige el archivo .pfx"
            " o .p12.",
        )
    if count_rounds(pfx) > ROUNDS_LIMIT:
        raise CertificateRefused(
            reason="too_slow",
            words="Ese archivo tardaría demasiado en abrirse con su clave. Expórtalo otra vez desde"
            " un computador con Windows y sube el archivo nuevo.",
        )
    try:
        certificate = load_certificate(pfx, password)
        certificate.check(at)
    except DteError as error:
        raise CertificateRefused(reason=error.code, words=error.message) from error
    _check_it_signs(certificate)
    chain = read_chain(pfx, password, der=certificate.der)
    context = certificate_context(current_company())
    # Two people may store at once; the second waits here, and then replaces the first one's.
    Company.objects.select_for_update(no_key=True).get(id=current_company())
    Certificate.objects.filter(is_active=True).update(is_active=False, replaced_at=at)
    row: Certificate = Certificate.objects.create(
        sealed_pfx=vault.seal(pfx, context=context),
        sealed_password=vault.seal(password.encode(), context=context),
        holder_rut=str(certificate.rut),
        holder_name=certificate.name[:100],
        issuer_name=certificate.issuer_name[:200],
        issuer_organization=chain.issuer_organization,
        chain=list(chain.authorities),
        is_issuer_known=is_known_issuer(
            [certificate.issuer_name, chain.issuer_organization, *chain.authorities],
            settings.CERTIFICATE_ISSUERS,
        ),
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        stored_at=at,
    )
    forget_replaced_keys()
    release_held(at=at)
    return row


def forget_replaced_keys() -> int:
    """Empty the seals of replaced certificates; of the past only facts are kept, not keys.

    Those of a person whose signed envelopes are still on their way stay until these are settled:
    an envelope is sent by who signed it, unless that person's new certificate can. Returns how many
    were emptied.
    """
    on_their_way = Envelope.objects.filter(sender_rut=OuterRef("holder_rut")).exclude(
        state=EnvelopeState.CLOSED
    )
    renewed = Certificate.objects.filter(is_active=True, holder_rut=OuterRef("holder_rut"))
    replaced = Certificate.objects.filter(is_active=False).exclude(sealed_pfx=b"")
    count: int = replaced.filter(Exists(renewed) | ~Exists(on_their_way)).update(
        sealed_pfx=b"", sealed_password=b""
    )
    return count


def certificate_context(company_id: int) -> str:
    """Name the secret of a company's certificate."""
    return f"certificate:{company_id}"


def _check_it_signs(certificate: DteCertificate) -> None:
    """Sign a probe and let the certificate's own public key judge it."""
    signature = rsa_sign_sha1(certificate.private_key, _PROBE)
    if not rsa_fits_sha1(read_certificate(certificate.der).public_key, signature, _PROBE):
        raise CertificateRefused(
            reason="certificate_probe",
            words="Firmamos una prueba con ese certificado y la firma no calza. Expórtalo otra vez"
            " desde donde lo compraste, con su clave privada.",
        )
