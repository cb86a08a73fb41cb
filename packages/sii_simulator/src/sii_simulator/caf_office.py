"""The office that authorizes: demo CAFs with 512-bit keys and demo certificates.

Keys, the certificate authority and the list of granted ranges live in one folder, which the
simulator and tests may open at the same time.
"""

import base64
import calendar
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import rsa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from . import DEMO_KEY_ID, rsa_sha1
from .certificates import Authority, Person, RutPlace
from .clock import Clock, chile, system_clock
from .errors import BadOrder
from .files import make_once
from .rut import is_rut, same_form

KINDS = (33, 34, 39, 41, 46, 52, 56, 61)
QUANTITY_LIMIT = 1_000_000
# The folio tag holds ten digits.
FOLIO_LIMIT = 9_999_999_999
# SII cuts the issuer's name in the CAF at 40 characters.
NAME_LIMIT = 40
KEY_BITS = 512

_TABLES = """
CREATE TABLE IF NOT EXISTS caf (
    rut TEXT NOT NULL, kind INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    authorized_on TEXT NOT NULL, xml BLOB NOT NULL,
    PRIMARY KEY (rut, kind, first),
    CHECK (first > 0 AND first <= last)
) STRICT;
CREATE TABLE IF NOT EXISTS annulled (
    rut TEXT NOT NULL, kind INTEGER NOT NULL, folio INTEGER NOT NULL,
    PRIMARY KEY (rut, kind, folio)
) STRICT, WITHOUT ROWID;
"""
# Source: Res. Ex. SII 58 of 2017.
VALID_MONTHS = 6
ANNUL_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityKey:
    """The public key that checks FRMA of every demo CAF."""

    key_id: int
    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A granted range, and how many of its folios were annulled."""

    kind: int
    first: int
    last: int
    authorized_on: date
    annulled: int

    @property
    def count(self) -> int:
        """How many folios it holds."""
        return self.last - self.first + 1

    @property
    def lapses_on(self) -> date:
        """The day six months after its grant, for the types whose folios lapse."""
        return lapses_on(self.authorized_on)


def lapses_on(authorized_on: date) -> date:
    """Tell the first day on which folios of that grant may no longer be used.

    Source: Res. Ex. SII 58 of 2017: six months.
    """
    years, month = divmod(authorized_on.month - 1 + VALID_MONTHS, 12)
    year, month = authorized_on.year + years, month + 1
    return date(year, month, min(authorized_on.day, calendar.monthrange(year, month)[1]))


def new_key() -> rsa.PrivateKey:
    """Make the key of one CAF, as the SII does; it takes about a tenth of a second."""
    return rsa.newkeys(KEY_BITS, exponent=3)[1]


class CafOffice:
    """Issue authorizations and certificates, and remember which folios were granted.

    Safe to open from several processes on the same folder. `key_for_caf` makes the key of each
    CAF; tests that need many CAFs may hand out keys that they made before.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        clock: Clock = system_clock,
        key_for_caf: Callable[[], rsa.PrivateKey] = new_key,
    ) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._key_for_caf = key_for_caf
        self._secret = _authority_secret(self._folder / "autoridad-caf.pem")
        self._authority = Authority.open(self._folder, at=clock())
        with self._database() as database:
            database.executescript(_TABLES)

    @property
    def authority_key(self) -> AuthorityKey:
        """The demo authority's public key (512 bit, exponent 65537, IDK 900)."""
        return AuthorityKey(key_id=DEMO_KEY_ID, modulus=self._secret.n, exponent=self._secret.e)

    @property
    def certificate_authority(self) -> Authority:
        """The certificate authority that signs the persons' certificates."""
        return self._authority

    def issue_caf(
        self,
        *,
        rut: str,
        name: str,
        kind: int = 39,
        quantity: int = 100,
        first: int | None = None,
        authorized_on: date | None = None,
    ) -> bytes:
        """Grant the next `quantity` folios of a kind and answer the CAF file (ISO-8859-1).

        `first` asks for a given start; a range that touches a granted one is refused.
        Raises BadOrder.
        """
        rut = _checked_order(rut=rut, name=name, kind=kind, quantity=quantity)
        day = authorized_on or chile(self._clock()).date()
        key = self._key_for_caf()
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            start = _free_start(database, rut=rut, kind=kind, quantity=quantity, first=first)
            last = start + quantity - 1
            xml = self._caf_text(
                rut=rut, name=name, kind=kind, first=start, last=last, day=day, key=key
            ).encode("iso-8859-1", "replace")
            database.execute(
                "INSERT INTO caf VALUES (?, ?, ?, ?, ?, ?)",
                (rut, kind, start, last, day.isoformat(), xml),
            )
        return xml

    def issue_certificate(
        self,
        *,
        rut: str,
        name: str,
        password: str,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
        rut_place: RutPlace = "subject",
    ) -> bytes:
        """Make a person's certificate (RSA 2048) and answer it as PKCS#12.

        It is valid from 90 days ago, so that a demo can sign past days, for three years.
        `rut_place="san"` writes the RUT only as otherName 1.3.6.1.4.1.8321.1, as newer real
        certificates do; `"none"` makes one that nobody may sign with. Raises BadOrder.
        """
        rut = same_form(rut)
        if not is_rut(rut):
            raise BadOrder("bad_rut", f"El RUT {rut} no es válido: revisa el dígito verificador.")
        if not password:
            raise BadOrder("no_password", "Escribe una clave para el archivo del certificado.")
        now = self._clock().astimezone(UTC).replace(microsecond=0)
        starts = valid_from or now - timedelta(days=90)
        ends = valid_to or now + timedelta(days=3 * 365)
        if starts >= ends:
            raise BadOrder("bad_dates", "El certificado debe terminar después de comenzar.")
        person = Person(rut=rut, name=name, valid_from=starts, valid_to=ends, rut_place=rut_place)
        return self._authority.issue_pfx(person, password=password)

    def has_company(self, rut: str) -> bool:
        """Tell whether any folio was ever granted to this RUT."""
        with self._database() as database:
            found = database.execute("SELECT 1 FROM caf WHERE rut = ? LIMIT 1", (rut,)).fetchone()
        return found is not None

    def covers(self, *, rut: str, kind: int, folio: int) -> bool:
        """Tell whether this folio lies in a range granted to this RUT."""
        with self._database() as database:
            found = database.execute(
                "SELECT 1 FROM caf WHERE rut = ? AND kind = ? AND first <= ? AND last >= ?",
                (rut, kind, folio, folio),
            ).fetchone()
        return found is not None

    def grants(self, *, rut: str, kind: int) -> list[Grant]:
        """List the ranges granted to a RUT, by first folio."""
        with self._database() as database:
            rows = database.execute(
                "SELECT first, last, authorized_on, (SELECT count(*) FROM annulled"
                " WHERE annulled.rut = caf.rut AND annulled.kind = caf.kind"
                " AND folio BETWEEN first AND last)"
                " FROM caf WHERE rut = ? AND kind = ? ORDER BY first",
                (rut, kind),
            ).fetchall()
        return [
            Grant(
                kind=kind,
                first=row[0],
                last=row[1],
                authorized_on=date.fromisoformat(row[2]),
                annulled=row[3],
            )
            for row in rows
        ]

    def caf_again(self, *, rut: str, kind: int, folio: int) -> bytes:
        """Answer once more the CAF file that holds a folio, byte for byte. Raises BadOrder."""
        with self._database() as database:
            row = database.execute(
                "SELECT xml FROM caf WHERE rut = ? AND kind = ? AND first <= ? AND last >= ?",
                (same_form(rut), kind, folio, folio),
            ).fetchone()
        if row is None:
            raise BadOrder("not_granted", f"El folio {folio} no está en ningún rango autorizado.")
        return bytes(row[0])

    def annul(self, *, rut: str, kind: int, first: int, last: int) -> None:
        """Annul folios that were granted and never issued; again does no harm. Raises BadOrder.

        Whether they were received is known to the registry, so the caller asks there first.
        """
        if not 1 <= last - first + 1 <= ANNUL_LIMIT:
            raise BadOrder("bad_range", f"Anula entre 1 y {ANNUL_LIMIT} folios, de menor a mayor.")
        granted = sum(
            min(last, grant.last) - max(first, grant.first) + 1
            for grant in self.grants(rut=rut, kind=kind)
            if grant.first <= last and grant.last >= first
        )
        if granted != last - first + 1:
            raise BadOrder("not_granted", "Ese rango tiene folios que no fueron autorizados.")
        with self._database() as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT OR IGNORE INTO annulled VALUES (?, ?, ?)",
                [(rut, kind, folio) for folio in range(first, last + 1)],
            )

    def is_annulled(self, *, rut: str, kind: int, folio: int) -> bool:
        """Tell whether this folio was annulled here."""
        with self._database() as database:
            found = database.execute(
                "SELECT 1 FROM annulled WHERE rut = ? AND kind = ? AND folio = ?",
                (rut, kind, folio),
            ).fetchone()
        return found is not None

    def _caf_text(
        self,
        *,
        rut: str,
        name: str,
        kind: int,
        first: int,
        last: int,
        day: date,
        key: rsa.PrivateKey,
    ) -> str:
        grant = (
            f"<DA><RE>{rut}</RE><RS>{_name_text(name)}</RS><TD>{kind}</TD>"
            f"<RNG><D>{first}</D><H>{last}</H></RNG><FA>{day.isoformat()}</FA>"
            f"<RSAPK><M>{rsa_sha1.text(key.n)}</M><E>{rsa_sha1.text(key.e)}</E></RSAPK>"
            f"<IDK>{DEMO_KEY_ID}</IDK></DA>"
        )
        signature = rsa.sign(grant.encode("iso-8859-1"), self._secret, "SHA-1")
        frma = base64.b64encode(signature).decode("ascii")
        return (
            '<?xml version="1.0" encoding="ISO-8859-1"?>\n<AUTORIZACION>\n<CAF version="1.0">\n'
            + re.sub(r"(</[A-Z]+>|<DA>|<RNG>|<RSAPK>)(?=<)", r"\1\n", grant)
            + f'\n<FRMA algoritmo="SHA1withRSA">{frma}</FRMA>\n</CAF>\n'
            + f"<RSASK>{key.save_pkcs1().decode('ascii')}</RSASK>\n\n"
            + f"<RSAPUBK>{_public_pem(key)}</RSAPUBK>\n</AUTORIZACION>\n"
        )

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(
            self._folder / "oficina.sqlite3", timeout=20, isolation_level=None
        )
        try:
            database.execute("PRAGMA journal_mode=WAL")
            yield database
            if database.in_transaction:
                database.commit()
        finally:
            database.close()


def _authority_secret(path: Path) -> rsa.PrivateKey:
    return rsa.PrivateKey.load_pkcs1(make_once(path, _new_authority_secret))


def _new_authority_secret() -> bytes:
    key: rsa.PrivateKey = rsa.newkeys(KEY_BITS, exponent=65537)[1]
    return key.save_pkcs1()


def _public_pem(key: rsa.PrivateKey) -> str:
    public = RSAPublicNumbers(key.e, key.n).public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def _name_text(name: str) -> str:
    # Cut before escaping: an entity must not lose its end.
    return escape(" ".join(name.split())[:NAME_LIMIT].strip())


def _checked_order(*, rut: str, name: str, kind: int, quantity: int) -> str:
    rut = same_form(rut)
    if not is_rut(rut):
        raise BadOrder("bad_rut", f"El RUT {rut} no es válido: revisa el dígito verificador.")
    if not name.strip():
        raise BadOrder("no_name", "Escribe la razón social de la empresa.")
    if kind not in KINDS:
        raise BadOrder("bad_kind", f"No se autorizan folios del tipo {kind}.")
    if not 1 <= quantity <= QUANTITY_LIMIT:
        raise BadOrder("bad_quantity", f"Pide entre 1 y {QUANTITY_LIMIT} folios.")
    return rut


def _free_start(
    database: sqlite3.Connection, *, rut: str, kind: int, quantity: int, first: int | None
) -> int:
    (highest,) = database.execute(
        "SELECT coalesce(max(last), 0) FROM caf WHERE rut = ? AND kind = ?", (rut, kind)
    ).fetchone()
    start = int(highest) + 1 if first is None else first
    if start < 1 or start + quantity - 1 > FOLIO_LIMIT:
        raise BadOrder("bad_range", "Ese rango de folios no existe: pide otro inicio.")
    touched = database.execute(
        "SELECT 1 FROM caf WHERE rut = ? AND kind = ? AND first <= ? AND last >= ?",
        (rut, kind, start + quantity - 1, start),
    ).fetchone()
    if touched:
        raise BadOrder("range_taken", f"El folio {start} o alguno que le sigue ya fue autorizado.")
    return start
