"""The way to the SII of one company: its certificate, opened once per process, and its channels."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

from django.conf import settings

from dte.certificate import Certificate as SigningCertificate
from dte.certificate import load_certificate
from dte.errors import DteError
from dte.rut import Rut
from dte.sii import (
    CERTIFICATION,
    PRODUCTION,
    UPLOAD_TIMEOUT_SECONDS,
    BoletaChannel,
    ClaimRegister,
    DocumentStatus,
    EnvelopeStatus,
    FacturaChannel,
    FacturaTokenSource,
    Hosts,
    HttpTransport,
    PatientTransport,
    TokenSource,
    Uploaded,
    demo_hosts,
)
from dte.sii.session import ANSWER_LIMIT_BYTES, TIMEOUT_SECONDS, USER_AGENT
from dte.sii.transport import Transport
from erpmarket.common.errors import OutsideError
from erpmarket.fiscal import vault
from erpmarket.fiscal.actions.store_certificate import certificate_context
from erpmarket.fiscal.models import Channel
from erpmarket.fiscal.outbox_queries import SealedCertificate
from erpmarket.fiscal.sii_clock import ListeningTransport
from erpmarket.tenancy.models import Environment

logger = logging.getLogger(__name__)

OPEN_LIMIT: Final = 256


class GatewayClosed(OutsideError):
    """The company cannot talk to the SII until a person does something; `words` says what.

    Codes: no_certificate, certificate_unreadable, certificate_expired, certificate_not_yet_valid,
    no_demo_sii, clock_ahead.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code)
        self.reason = code
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDocument:
    """The facts by which the SII can be asked about one document."""

    kind: int
    folio: int
    receiver: Rut
    total_clp: int
    issue_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A certificate that signs, both channels on which its person is logged in, and the claims.

    `before_send` is called before each request; what it raises stops the request. Every method
    raises what its channel raises. `ask_hour` makes the SII tell its hour (see `sii_clock`).
    """

    certificate: SigningCertificate
    ask_hour: Callable[[], None]
    boletas: BoletaChannel
    facturas: FacturaChannel
    claims: ClaimRegister

    def upload(
        self,
        channel: Channel,
        envelope_xml: bytes,
        *,
        issuer: Rut,
        at: datetime,
        before_send: Callable[[], None],
    ) -> Uploaded:
        """Send a signed envelope through its door, byte by byte as it is."""
        if channel == Channel.FACTURA:
            return self.facturas.upload(envelope_xml, issuer=issuer, at=at, before_send=before_send)
        return self.boletas.upload(
            envelope_xml,
            sender=self.certificate.rut,
            issuer=issuer,
            at=at,
            before_send=before_send,
        )

    def envelope_status(
        self,
        channel: Channel,
        track_id: str,
        *,
        issuer: Rut,
        at: datetime,
        before_send: Callable[[], None],
    ) -> EnvelopeStatus:
        """Ask how an upload is going."""
        return self._door(channel).envelope_status(issuer, track_id, at=at, before_send=before_send)

    def document_status(
        self,
        channel: Channel,
        document: AskedDocument,
        *,
        issuer: Rut,
        at: datetime,
        before_send: Callable[[], None],
    ) -> DocumentStatus:
        """Ask whether the SII has this document with these facts."""
        return self._door(channel).document_status(
            issuer=issuer,
            kind=document.kind,
            folio=document.folio,
            receiver=document.receiver,
            total_clp=document.total_clp,
            issue_date=document.issue_date,
            at=at,
            before_send=before_send,
        )

    def _door(self, channel: Channel) -> BoletaChannel | FacturaChannel:
        return self.facturas if channel == Channel.FACTURA else self.boletas


class _OpenGateways:
    """The gateways of this process; the token is kept inside, the SII limits log-ins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[int, bytes, str, str], Gateway] = OrderedDict()

    def get(self, company_id: int, sealed: SealedCertificate, environment: str) -> Gateway:
        # By what it is and not by its number: a restored backup gives numbers out once more.
        key = (company_id, sealed.sealed_pfx, environment, settings.SII_DEMO_URL)
        with self._lock:
            found = self._open.get(key)
            if found is None:
                found = _open(company_id, sealed, environment)
                self._open[key] = found
                if len(self._open) > OPEN_LIMIT:
                    self._open.popitem(last=False)
            self._open.move_to_end(key)
            return found


_gateways = _OpenGateways()


def open_gateway(
    *, company_id: int, sealed: SealedCertificate | None, environment: str, at: datetime
) -> Gateway:
    """Open the company's way to the SII; raises GatewayClosed. No network is touched here."""
    if sealed is None:
        raise GatewayClosed(
            "no_certificate",
            "Falta el certificado digital: cárgalo en SII, Certificado. Puedes seguir vendiendo;"
            " los documentos se envían solos después.",
        )
    gateway = _gateways.get(company_id, sealed, environment)
    try:
        gateway.certificate.check(at)
    except DteError as error:
        raise GatewayClosed(error.code, error.message) from error
    return gateway


def upload_timeout_seconds() -> int:
    """Tell how long one try of an upload may take: a third of a lease at most.

    There may be two tries, counted from when the lease was kept: so the last byte is out, or the
    line is cut, before another worker may hold the envelope.
    """
    lease_seconds: int = settings.OUTBOX_LEASE_SECONDS
    return min(UPLOAD_TIMEOUT_SECONDS, lease_seconds // 3)


def _open(company_id: int, sealed: SealedCertificate, environment: str) -> Gateway:
    hosts = _hosts(environment)
    context = certificate_context(company_id)
    try:
        pfx = vault.open_sealed(sealed.sealed_pfx, context=context)
        password = vault.open_sealed(sealed.sealed_password, context=context).decode()
        certificate = load_certificate(pfx, password)
    except (vault.SealBroken, DteError) as error:
        logger.exception("fiscal.certificate.unreadable", extra={"company": company_id})
        raise GatewayClosed(
            "certificate_unreadable",
            "El certificado guardado no se puede abrir en este equipo. Cárgalo de nuevo en SII,"
            " Certificado.",
        ) from error
    # Its old machines drop handshakes at random; one more try at once spares a whole round.
    transport = ListeningTransport(
        PatientTransport(
            HttpTransport(), pause=time.sleep, pauses_seconds=settings.SII_PAUSES_SECONDS
        )
    )
    facturas_login = FacturaTokenSource(hosts=hosts, transport=transport, certificate=certificate)
    return Gateway(
        certificate=certificate,
        ask_hour=partial(_ask_hour, hosts, transport),
        boletas=BoletaChannel(
            hosts=hosts,
            transport=transport,
            session=TokenSource(hosts=hosts, transport=transport, certificate=certificate),
            upload_timeout_seconds=upload_timeout_seconds(),
        ),
        facturas=FacturaChannel(
            hosts=hosts,
            transport=transport,
            session=facturas_login,
            upload_timeout_seconds=upload_timeout_seconds(),
        ),
        claims=ClaimRegister(hosts=hosts, transport=transport, session=facturas_login),
    )


def clock_ahead() -> GatewayClosed:
    """Say that the hour of this machine must be set before anything is signed."""
    return GatewayClosed(
        "clock_ahead",
        "El reloj de este computador está adelantado y el SII rechaza lo que se firma en el futuro."
        " Ponlo en hora: en Fecha y hora, activa la hora automática. Puedes seguir vendiendo; los"
        " documentos se envían solos después.",
    )


def _ask_hour(hosts: Hosts, transport: Transport) -> None:
    """Ask for a seed and throw it away: any answer tells the hour. Raises NotSent and its kin."""
    transport.request(
        method="GET",
        url=f"{hosts.boleta_query_url}/boleta.electronica.semilla",
        headers={"Accept": "application/xml", "User-Agent": USER_AGENT},
        body=None,
        timeout_seconds=TIMEOUT_SECONDS,
        max_bytes=ANSWER_LIMIT_BYTES,
    )


def _hosts(environment: str) -> Hosts:
    if environment == Environment.PRODUCTION:
        return PRODUCTION
    if environment == Environment.CERTIFICATION:
        return CERTIFICATION
    if not settings.SII_DEMO_URL:
        raise GatewayClosed(
            "no_demo_sii",
            "La empresa está en demostración y no hay un SII de prueba conectado: pide a quien"
            " instaló ERP Market que lo conecte. Los documentos quedan por enviar.",
        )
    return demo_hosts(settings.SII_DEMO_URL)
