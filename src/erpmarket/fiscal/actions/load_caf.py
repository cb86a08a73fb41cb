"""Take in a file of folios: everything is checked before a single folio can be used."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import IntegrityError, transaction

from dte.caf import Caf as DteCaf
from dte.caf import CafKeyMismatch, CafSignatureWrong, CafUnknownAuthority, verify_caf
from dte.caf import load_caf as read_caf
from dte.codes import DocumentType
from dte.errors import DteError
from erpmarket.common.clock import local_date
from erpmarket.common.errors import DomainError
from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.take_folio import key_context, open_range
from erpmarket.fiscal.authorities import trusted_keys
from erpmarket.fiscal.models import Caf
from erpmarket.tenancy.models import Company, Environment
from erpmarket.tenancy.queries import get_company

SIZE_LIMIT_BYTES = 20_000
SUPPORTED_KINDS = frozenset(
    {
        DocumentType.FACTURA,
        DocumentType.FACTURA_EXENTA,
        DocumentType.BOLETA,
        DocumentType.BOLETA_EXENTA,
        DocumentType.GUIA,
        DocumentType.NOTA_DEBITO,
        DocumentType.NOTA_CREDITO,
    }
)


@dataclass(kw_only=True, eq=False)
class CafRefused(DomainError):
    """The file cannot give folios to this company; `reason` is stable, `words` says what to do."""

    reason: str
    words: str

    code: ClassVar[str] = "caf_refused"

    @property
    def message(self) -> str:
        return self.words


@transaction.atomic
def load_caf(
    *, xml: bytes, at: datetime, branch_id: int | None = None, environment: str = ""
) -> Caf:
    """Check and keep a CAF; its folios can be used from now on, with a branch by that one only.

    `environment` is the company's own unless its certification asks for another.
    Raises CafRefused: unreadable, another_company, unsupported_kind, another_environment, tampered,
    key_mismatch, expired, overlap. Nothing is written then.
    """
    company = get_company()
    caf = _read(xml)
    _check_owner(caf, company)
    environment = environment or company.environment
    _check_authority(caf, environment)
    _check_age(caf, on=local_date(at))
    row = Caf(
        kind=caf.kind,
        environment=environment,
        first_folio=caf.first,
        last_folio=caf.last,
        authorized_on=caf.authorized_on,
        key_id=caf.key_id,
        public_xml=caf.public_xml,
        sealed_private_key=vault.seal(caf.private_key_pem, context=key_context(company.id, caf)),
        loaded_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "fiscal_caf_overlap" not in str(error):
            raise
        raise CafRefused(
            reason="overlap",
            words=f"Esos folios ya están cargados ({_dotted(caf.first)} a {_dotted(caf.last)}),"
            " todos o algunos. Pide al SII un rango nuevo, o revisa que no sea el mismo archivo.",
        ) from error
    open_range(caf=row, branch_id=branch_id, expires_on=caf.expires_on)
    return row


def _read(xml: bytes) -> DteCaf:
    if len(xml) > SIZE_LIMIT_BYTES:
        raise CafRefused(
            reason="unreadable",
            words="Ese archivo es demasiado grande para ser de folios. "
            "Baja el CAF de nuevo desde el SII.",
        )
    try:
        return read_caf(xml)
    except CafKeyMismatch as error:
        raise CafRefused(reason="key_mismatch", words=error.message) from error
    except DteError as error:
        raise CafRefused(reason="unreadable", words=error.message) from error


def _check_owner(caf: DteCaf, company: Company) -> None:
    if str(caf.issuer) != company.rut:
        raise CafRefused(
            reason="another_company",
            words=f"Esos folios son de {caf.issuer.dotted}, no de tu empresa. Baja los tuyos desde"
            " el SII.",
        )
    if caf.kind not in SUPPORTED_KINDS:
        raise CafRefused(
            reason="unsupported_kind",
            words=f"Son folios de tipo {int(caf.kind)} y aquí no se emite ese documento. Revisa"
            " el archivo.",
        )


def _check_authority(caf: DteCaf, environment: str) -> None:
    try:
        verify_caf(caf, trusted=trusted_keys(environment))
    except CafUnknownAuthority as error:
        raise CafRefused(
            reason="another_environment",
            words="Esos folios son de otro ambiente del SII (certificación, producción o"
            f" demostración). Aquí van los de {Environment(environment).label.lower()}: baja"
            " los que corresponden.",
        ) from error
    except CafSignatureWrong as error:
        raise CafRefused(
            reason="tampered",
            words="La firma del SII en ese archivo no calza: lo cambiaron o se cortó. Bájalo de"
            " nuevo desde el SII.",
        ) from error


def _check_age(caf: DteCaf, *, on: date) -> None:
    if caf.expires_on is not None and caf.expires_on <= on:
        raise CafRefused(
            reason="expired",
            words=f"Esos folios vencieron el {caf.expires_on:%d-%m-%Y}: duran seis meses desde que"
            " el SII los da. Anúlalos en el SII y pide otros.",
        )


def _dotted(folio: int) -> str:
    return f"{folio:,}".replace(",", ".")
