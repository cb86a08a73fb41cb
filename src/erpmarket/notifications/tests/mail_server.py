# ruff: noqa: ARG002  (the signatures are those of aiosmtpd)
"""An SMTP server that takes mail, or breaks in the ways that servers break."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "caja@donarosa.example", "secreta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A self-signed certificate for localhost, and its key."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Authority(certificate=folder / "certificate.pem", key=folder / "key.pem")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


@dataclass
class Faults:
    """What the server answers instead of taking the mail."""

    mail: str = ""
    rcpt: str = ""
    data: str = ""
    login: str = ""
    drop_after_data: bool = False
    drop_at_mail: bool = False
    seconds: int = 0
    tries: list[str] = field(default_factory=list)


class _Desk:
    """aiosmtpd's handler: keeps what was accepted."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.received: list[tuple[str, list[str], bytes]] = []

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.faults.tries.append(address)
        if self.faults.drop_at_mail:
            server.transport.abort()
        if self.faults.mail:
            return self.faults.mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.faults.rcpt:
            return self.faults.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.faults.seconds)
        if self.faults.data:
            return self.faults.data
        self.received.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if self.faults.drop_after_data:
            server.transport.abort()
        return "250 OK"


class _Controller(Controller):
    def __init__(self, *arguments: Any, smtp: dict[str, Any], **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._smtp = smtp

    def factory(self) -> SMTP:
        return SMTP(self.handler, **self._smtp)


class PostOffice:
    """A running server; `direct` speaks TLS from the first byte, `plain` never."""

    def __init__(
        self, authority: Authority, *, direct: bool = False, plain: bool = False, login: bool = True
    ) -> None:
        self.faults = Faults()
        self._desk = _Desk(self.faults)
        smtp: dict[str, Any] = {"hostname": "localhost", "loop": None}
        if not direct and not plain:
            smtp["tls_context"] = authority.context()
        if login:
            smtp |= {
                "authenticator": self._sign_in,
                "auth_required": True,
                "auth_require_tls": not direct,
            }
        else:
            smtp["auth_exclude_mechanism"] = ["LOGIN", "PLAIN"]
        self._controller = _Controller(
            self._desk,
            hostname="127.0.0.1",
            port=free_port(),
            ssl_context=authority.context() if direct else None,
            smtp=smtp,
        )

    def _sign_in(
        self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any
    ) -> AuthResult:
        if self.faults.login:
            return AuthResult(success=False, handled=False, message=self.faults.login)
        assert isinstance(login, LoginPassword)
        is_right = (login.login.decode(), login.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=is_right, handled=False)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def received(self) -> list[tuple[str, list[str], bytes]]:
        return self._desk.received

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for _, _, raw in self.received]

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
