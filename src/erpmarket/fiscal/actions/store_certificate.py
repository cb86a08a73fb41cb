"""Keep the certificate that signs for the company."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from dte.certificate import load_certificate
from dte.errors import DteError
from erpmarket.common.errors import DomainError
from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.release_held import release_held
from erpmarket.fiscal.models import Certificate
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import current_company

SIZE_LIMIT_BYTES = 100_000


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
    """Check and keep a .pfx; it replaces the active one, which stays as history.

    Raises CertificateRefused: too_large, wrong_password, no RUT, expired or not yet valid.
    """
    if len(pfx) > SIZE_LIMIT_BYTES:
        raise CertificateRefused(
            reason="too_large",
            words="Ese archivo es demasiado grande para ser un certificado. Elige el archivo .pfx"
            " o .p12.",
        )
    try:
        certificate = load_certificate(pfx, password)
        certificate.check(at)
    except DteError as error:
        raise CertificateRefused(reason=error.code, words=error.message) from error
    context = certificate_context(current_company())
    # Two people may store at once; the second waits here, and then replaces the first one's.
    Company.objects.select_for_update(no_key=True).get(id=current_company())
    Certificate.objects.filter(is_active=True).update(is_active=False)
    row: Certificate = Certificate.objects.create(
        sealed_pfx=vault.seal(pfx, context=context),
        sealed_password=vault.seal(password.encode(), context=context),
        holder_rut=str(certificate.rut),
        holder_name=certificate.name[:100],
        issuer_name=certificate.issuer_name[:200],
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        stored_at=at,
    )
    release_held(at=at)
    return row


def certificate_context(company_id: int) -> str:
    """Name the secret of a company's certificate."""
    return f"certificate:{company_id}"
