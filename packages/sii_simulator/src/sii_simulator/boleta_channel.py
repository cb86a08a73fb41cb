"""The boleta channel itself: five endpoints over registry, login and office."""

from datetime import date, datetime, timedelta

from .caf_office import CafOffice
from .document_state import Wanted, document_code
from .faults import Fault
from .forced import forced_by
from .login import Login, is_known_program, token_in
from .multipart import BadFormError, read_upload
from .records import BOLETA
from .registry import Registry
from .replies import (
    Reply,
    document_reply,
    envelope_reply,
    login_reply,
    refusal_reply,
    repeated_reply,
    seed_reply,
    unauthenticated_reply,
    upload_reply,
)
from .rut import is_rut
from .settings import Settings


class BoletaChannel:
    """Answer the channel's requests. Headers come with lower-case names."""

    def __init__(
        self, *, registry: Registry, login: Login, office: CafOffice, settings: Settings
    ) -> None:
        self._registry = registry
        self._login = login
        self._office = office
        self._settings = settings

    def seed(self, *, at: datetime) -> Reply:
        """Answer GET boleta.electronica.semilla."""
        return seed_reply(self._login.seed(at=at))

    def token(self, body: bytes, *, at: datetime) -> Reply:
        """Answer POST boleta.electronica.token."""
        return login_reply(self._login.token(body, channel=BOLETA, at=at))

    def upload(
        self, headers: dict[str, str], body: bytes, *, fault: Fault | None, at: datetime
    ) -> Reply:
        """Answer POST boleta.electronica.envio; the body is whole and within the limit."""
        person = self._person(headers, at=at)
        # Another program name gets HTML on the old gateway and a 401 here, whatever the token.
        if person is None or not is_known_program(headers):
            return unauthenticated_reply()
        try:
            form = read_upload(headers.get("content-type", ""), body)
        except BadFormError as error:
            return refusal_reply(400, "3", str(error))
        if form.sender != person:
            return refusal_reply(403, "1", "El RUT que envia no es el del certificado")
        if not self._settings.may_sign(person, company=form.issuer):
            return refusal_reply(403, "1", "El RUT que envia no tiene permiso de la empresa")
        if not is_rut(form.issuer) or not self._office.has_company(form.issuer):
            return refusal_reply(403, "6", "Empresa no autorizada a enviar archivos")
        envelope, repeated = self._registry.receive(
            form.content,
            issuer=form.issuer,
            sender=form.sender,
            file_name=form.file_name,
            at=at,
            first_step_at=at + timedelta(milliseconds=self._settings.stage_ms),
            repeat_since=at - timedelta(seconds=self._settings.repeat_seconds),
            forced=forced_by(fault),
        )
        if repeated:
            return repeated_reply(envelope, at=at, wait_seconds=self._settings.repeat_seconds)
        return upload_reply(envelope)

    def envelope_status(
        self, headers: dict[str, str], *, issuer: str, track_id: str, at: datetime
    ) -> Reply:
        """Answer GET boleta.electronica.envio/{rut}-{dv}-{trackid}."""
        if self._person(headers, at=at) is None:
            return unauthenticated_reply()
        envelope = self._registry.find(track_id)
        if envelope is None or envelope.issuer != issuer:
            return refusal_reply(404, "404", "Envio no encontrado")
        return envelope_reply(envelope, self._registry.documents_of(envelope.id))

    def document_status(
        self,
        headers: dict[str, str],
        *,
        issuer: str,
        kind: int,
        folio: int,
        facts: dict[str, str],
        at: datetime,
    ) -> Reply:
        """Answer GET boleta.electronica/{rut}-{dv}-{tipo}-{folio}/estado with its facts."""
        if self._person(headers, at=at) is None:
            return unauthenticated_reply()
        wanted = _wanted(facts)
        if wanted is None:
            return refusal_reply(400, "10", "Faltan datos de la consulta o estan mal escritos")
        return document_reply(
            document_code(
                self._registry,
                self._office,
                issuer=issuer,
                kind=kind,
                folio=folio,
                wanted=wanted,
                channel=BOLETA,
            )
        )

    def _person(self, headers: dict[str, str], *, at: datetime) -> str | None:
        return self._login.look_up(token_in(headers), channel=BOLETA, at=at)[1] or None


def _wanted(facts: dict[str, str]) -> Wanted | None:
    try:
        day, month, year = facts["fechaEmision"].split("-")
        return Wanted(
            receiver=f"{facts['rut_receptor']}-{facts['dv_receptor']}",
            total_clp=int(facts["monto"]),
            issue_date=date(int(year), int(month), int(day)).isoformat(),
        )
    except (KeyError, ValueError):
        return None
