"""The boleta channel itself: five endpoints over registry, login and office."""

import re
from datetime import date, datetime, timedelta

from .caf_office import CafOffice
from .faults import Fault, FaultKind
from .login import Login
from .multipart import BadFormError, read_upload
from .registry import Forced, Registry
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
from .worker import STUCK

# Another program name gets HTML on the old gateway and a 401 here, though the token is good.
_PROGRAM = re.compile(r"Mozilla/4\.0 \(\s*compatible;\s*PROG 1\.0\b")
_TOKEN = re.compile(r"(?:^|;\s*)TOKEN=([^;\s]+)")


class Channel:
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
        return login_reply(self._login.token(body, at=at))

    def upload(
        self, headers: dict[str, str], body: bytes, *, fault: Fault | None, at: datetime
    ) -> Reply:
        """Answer POST boleta.electronica.envio; the body is whole and within the limit."""
        person = self._person(headers, at=at)
        if person is None or not _PROGRAM.match(headers.get("user-agent", "")):
            return unauthenticated_reply()
        try:
            form = read_upload(headers.get("content-type", ""), body)
        except BadFormError as error:
            return refusal_reply(400, "3", str(error))
        if form.sender != person:
            return refusal_reply(403, "1", "El RUT que envia no es el del certificado")
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
            forced=_forced(fault),
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
        known = self._registry.accepted(issuer=issuer, kind=kind, folio=folio)
        if known is not None:
            same = (known.receiver, known.total_clp, known.issue_date) == wanted
            return document_reply("DOK" if same else "DNK")
        if not self._office.has_company(issuer):
            return document_reply("EMP")
        granted = self._office.covers(rut=issuer, kind=kind, folio=folio)
        return document_reply("FAU" if granted else "FNA")

    def _person(self, headers: dict[str, str], *, at: datetime) -> str | None:
        found = _TOKEN.search(headers.get("cookie", ""))
        return self._login.rut_of_token(found[1], at=at) if found else None


def _forced(fault: Fault | None) -> Forced:
    if fault is None:
        return Forced()
    if fault.kind is FaultKind.STUCK:
        return Forced(state=STUCK, text="")
    if fault.kind is FaultKind.REJECT:
        return Forced(state=fault.state, text=fault.text)
    return Forced()


def _wanted(facts: dict[str, str]) -> tuple[str, int, str] | None:
    try:
        day, month, year = facts["fechaEmision"].split("-")
        issue_date = date(int(year), int(month), int(day)).isoformat()
        receiver = f"{facts['rut_receptor']}-{facts['dv_receptor']}"
        return receiver, int(facts["monto"]), issue_date
    except (KeyError, ValueError):
        return None
