from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce

# Django looks for rows here only; their room's part imports them from where they stand.
from erpmarket.fiscal.books_models import FolioReport  # noqa: F401
from erpmarket.fiscal.certification_models import CertificationRun  # noqa: F401
from erpmarket.fiscal.clock_models import AheadClock  # noqa: F401
from erpmarket.fiscal.exchange_models import ExchangeJob  # noqa: F401
from erpmarket.fiscal.office_models import RuleChoice  # noqa: F401
from erpmarket.tenancy.models import CompanyBoundModel, TenantForeignKey, environments
from erpmarket.tenancy.rls import Ledger


class Certificate(CompanyBoundModel):
    """A person's signing certificate; the key file and its password are sealed by the vault.

    Once replaced it is a fact of the past: who signed from when to when, without any key. `chain`
    names the authorities in the file above the issuer's certificate, the nearest first.
    """

    sealed_pfx = models.BinaryField()
    sealed_password = models.BinaryField()
    holder_rut = models.CharField(max_length=10)
    holder_name = models.CharField(max_length=100)
    issuer_name = models.CharField(max_length=200)
    issuer_organization = models.CharField(max_length=200, blank=True)
    chain = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    is_issuer_known = models.BooleanField(default=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    is_active = models.BooleanField(default=True)
    stored_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(is_active=True), name="fiscal_certificate_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_name} until {self.valid_to:%Y-%m-%d}"


class _Int8Range(Func):
    function = "int8range"


class Caf(CompanyBoundModel):
    """The SII's permission to use a range of folios; its private key is sealed by the vault."""

    kind = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=15, choices=environments)
    first_folio = models.BigIntegerField()
    last_folio = models.BigIntegerField()
    authorized_on = models.DateField()
    key_id = models.IntegerField()
    public_xml = models.BinaryField()
    sealed_private_key = models.BinaryField()
    loaded_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(first_folio__gte=1, last_folio__gte=F("first_folio")),
                name="fiscal_caf_range",
            ),
            ExclusionConstraint(
                name="fiscal_caf_overlap",
                expressions=[
                    ("company", RangeOperators.EQUAL),
                    ("environment", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (
                        _Int8Range(
                            "first_folio",
                            "last_folio",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.first_folio} to {self.last_folio}"


class FolioRange(CompanyBoundModel):
    """An open block of one CAF: the next folio to give out. Its lock is the last one of a sale.

    A range with a branch serves that branch before all others, and no other. A CAF has one range,
    and one more for each block that came back, or was cut off by a void in its middle. Its folios
    are not given out from `expires_on`; null when they do not expire.
    """

    caf = TenantForeignKey(Caf)
    branch = TenantForeignKey("tenancy.Branch", null=True)
    kind = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=15, choices=environments)
    next_folio = models.BigIntegerField()
    last_folio = models.BigIntegerField()
    expires_on = models.DateField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(next_folio__gte=1, next_folio__lte=F("last_folio") + 1),
                name="fiscal_folio_range_bounds",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "environment", "kind"],
                condition=Q(next_folio__lte=F("last_folio")),
                name="fiscal_folio_range_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: next {self.next_folio} of {self.last_folio}"


class FolioLease(CompanyBoundModel):
    """A block of folios handed to a till that may sell without a network.

    The block is cut off the range's next folio when it is handed out, so no one else takes its
    numbers. `returned_from` is the first folio that came back unused; null while it is out. A lost
    device's lease is revoked: it stays out, for nobody knows which of its folios were used.
    """

    range = TenantForeignKey(FolioRange)
    request_uid = models.UUIDField()
    kind = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=15, choices=environments)
    first_folio = models.BigIntegerField()
    last_folio = models.BigIntegerField()
    holder_uid = models.UUIDField()
    holder_name = models.CharField(max_length=60)
    leased_at = models.DateTimeField()
    returned_from = models.BigIntegerField(null=True)
    returned_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = TenantForeignKey("tenancy.Membership", null=True)
    revoke_reason = models.CharField(max_length=200, blank=True, db_default="")

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "request_uid"], name="fiscal_lease_request"),
            models.CheckConstraint(
                condition=Q(last_folio__gte=F("first_folio")), name="fiscal_lease_block"
            ),
            models.CheckConstraint(
                condition=Q(returned_from__isnull=True, returned_at__isnull=True)
                | Q(
                    returned_from__gte=F("first_folio"),
                    returned_from__lte=F("last_folio") + 1,
                    returned_at__isnull=False,
                ),
                name="fiscal_lease_return",
            ),
            # What a lease used or may use lies in no other one; what came back may be leased again.
            ExclusionConstraint(
                name="fiscal_lease_overlap",
                expressions=[
                    ("company", RangeOperators.EQUAL),
                    ("environment", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (
                        _Int8Range("first_folio", Coalesce("returned_from", F("last_folio") + 1)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "holder_uid"],
                condition=Q(returned_at__isnull=True),
                name="fiscal_lease_out",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.first_folio} to {self.last_folio} at {self.holder_name}"


class FolioVoid(CompanyBoundModel):
    """Folios that were never issued and never will be; `confirmed_at` when the SII knows."""

    kind = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=15, choices=environments)
    first_folio = models.BigIntegerField()
    last_folio = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("tenancy.Membership", null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(last_folio__gte=F("first_folio")), name="fiscal_void_block"
            ),
            ExclusionConstraint(
                name="fiscal_void_overlap",
                expressions=[
                    ("company", RangeOperators.EQUAL),
                    ("environment", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (
                        _Int8Range(
                            "first_folio",
                            "last_folio",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            Ledger(name="fiscal_foliovoid_ledger", written_once=["confirmed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.first_folio} to {self.last_folio} void"


class Buyer(CompanyBoundModel):
    """A taxpayer we issue facturas to, as the last document named it; filled in by RUT."""

    rut = models.CharField(max_length=10)
    name = models.CharField("razón social", max_length=100)
    giro = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=70, blank=True)
    commune = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=20, blank=True)
    email = models.EmailField(max_length=80, blank=True)
    updated_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "rut"], name="fiscal_buyer_rut"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.rut})"


class IssuedDocument(CompanyBoundModel):
    """A stamped paper, byte for byte. The signed copy is written once, by the worker.

    `tax_clp` is additional taxes and bottle deposits. `transfer_reason` is that of a guía, whose
    amounts are sales only with reason 1. `issued_by` is None for what a till sold.
    """

    kind = models.PositiveSmallIntegerField()
    environment = models.CharField(max_length=15, choices=environments)
    folio = models.BigIntegerField()
    caf = TenantForeignKey(Caf)
    # The block a till sold it from, when its folio was not taken from a range.
    lease = TenantForeignKey(FolioLease, null=True)
    branch = TenantForeignKey("tenancy.Branch")
    issue_date = models.DateField()
    issued_at = models.DateTimeField()
    receiver_rut = models.CharField(max_length=10)
    net_clp = models.BigIntegerField()
    exempt_clp = models.BigIntegerField()
    vat_clp = models.BigIntegerField()
    tax_clp = models.BigIntegerField(db_default=0)
    total_clp = models.BigIntegerField()
    receiver_name = models.CharField(max_length=100, blank=True, db_default="")
    transfer_reason = models.PositiveSmallIntegerField(null=True)
    issued_by = TenantForeignKey("tenancy.Membership", null=True)
    xml = models.BinaryField()
    signed_xml = models.BinaryField(null=True)
    source_uid = models.UUIDField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment", "kind", "folio"], name="fiscal_document_folio"
            ),
            models.UniqueConstraint(
                fields=["company", "source_uid"], name="fiscal_document_source"
            ),
            models.CheckConstraint(
                condition=Q(total_clp=F("net_clp") + F("exempt_clp") + F("vat_clp") + F("tax_clp")),
                name="fiscal_document_sum",
            ),
            Ledger(name="fiscal_document_ledger", written_once=["signed_xml"]),
        ]
        indexes = [
            # The book of a month, in the order of its papers; six years of them stay here.
            models.Index(
                fields=["company", "environment", "issue_date", "id"], name="fiscal_document_book"
            ),
            # Few papers name who buys: those are found by RUT and name without reading the boletas.
            models.Index(
                fields=["company", "receiver_rut", "id"],
                condition=~Q(receiver_rut="66666666-6"),
                name="fiscal_document_receiver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} N° {self.folio}"


class DocumentRevision(CompanyBoundModel):
    """Another version of a paper that the SII did not receive: same folio, date, buyer, amounts.

    The highest number is the one in force. Why there is a table: docs/adr/0007-revisions.md.
    """

    document = TenantForeignKey(IssuedDocument)
    number = models.PositiveSmallIntegerField()
    xml = models.BinaryField()
    signed_xml = models.BinaryField(null=True)
    reason = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    made_by = TenantForeignKey("tenancy.Membership", null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document", "number"], name="fiscal_revision_number"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="fiscal_revision_counts"),
            Ledger(name="fiscal_documentrevision_ledger", written_once=["signed_xml"]),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of document {self.document_id}"


class DocumentReference(CompanyBoundModel):
    """What a document points to; `target` when it is one of ours. `code` is CodRef, 1 to 3."""

    document = TenantForeignKey(IssuedDocument)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=3)
    folio = models.CharField(max_length=18)
    issue_date = models.DateField()
    code = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=90, blank=True)
    target = TenantForeignKey(IssuedDocument, null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document", "position"], name="fiscal_reference_position"
            ),
            Ledger(name="fiscal_documentreference_ledger"),
        ]
        indexes = [
            models.Index(
                fields=["company", "target"],
                condition=Q(target__isnull=False),
                name="fiscal_reference_target",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} N° {self.folio}"


class CorrectedLine(CompanyBoundModel):
    """What a nota takes back of one line of another document: whoever returns more reads these.

    `target_position` counts from 1; `amount_clp` is on the price basis of the corrected document.
    """

    document = TenantForeignKey(IssuedDocument)
    position = models.PositiveSmallIntegerField()
    target = TenantForeignKey(IssuedDocument)
    target_position = models.PositiveSmallIntegerField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    amount_clp = models.BigIntegerField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "document", "position"], name="fiscal_correctedline_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount_clp__gte=0), name="fiscal_correctedline_signs"
            ),
            Ledger(name="fiscal_correctedline_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "target"], name="fiscal_correctedline_target"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.target_position} of document {self.target_id}"


class Channel(models.TextChoices):
    """Which door of the SII takes a document: boletas have their own."""

    BOLETA = "boleta", "Boletas"
    FACTURA = "factura", "Facturas"


def channels() -> list[tuple[str, str]]:
    return list(Channel.choices)


class EnvelopeState(models.TextChoices):
    """Where a signed envelope is; its bytes never change."""

    READY = "ready", "Lista"
    SENT = "sent", "Enviada"
    UNKNOWN = "unknown", "Sin respuesta"
    CLOSED = "closed", "Terminada"


def envelope_states() -> list[tuple[str, str]]:
    return list(EnvelopeState.choices)


class Envelope(CompanyBoundModel):
    """Signed documents on one way to the SII; sent as stored, never signed anew.

    `split_from` is the rejected envelope whose half this one is, to find the document at fault.
    """

    environment = models.CharField(max_length=15, choices=environments)
    channel = models.CharField(max_length=8, choices=channels, default=Channel.BOLETA)
    split_from = TenantForeignKey("self", null=True)
    xml = models.BinaryField()
    document_count = models.PositiveSmallIntegerField()
    sender_rut = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=envelope_states)
    track_id = models.CharField(max_length=20, blank=True)
    # True from before a send until its outcome is known: whoever finds it so asks before sending.
    unsure = models.BooleanField(default=False)
    words = models.CharField(max_length=500, blank=True)
    # The SII's last word about it, for programs; empty while there is none.
    said_code = models.CharField(max_length=40, blank=True, db_default="")
    # The SII was heard to be at an earlier hour than the one at which it was signed.
    signed_ahead = models.BooleanField(default=False, db_default=False)
    # Papers of a certification that go together or not at all; empty for what the trade issues.
    parcel = models.UUIDField(null=True)
    # What a person must know of it, as `outbox_queries.list_troubles` names it; empty: nothing.
    trouble = models.CharField(max_length=20, blank=True, db_default="")
    tried_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    packed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(track_id=""), name="fiscal_envelope_sent_has_track"
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "available_at"],
                condition=~Q(state="closed"),
                name="fiscal_envelope_due",
            ),
        ]

    def __str__(self) -> str:
        return f"envelope of {self.document_count}, {self.state}"


class Door(CompanyBoundModel):
    """How the SII of an environment takes what comes through one of its doors; no row: well.

    `turned_down` counts the envelopes that it turned down whole, one after another and all for what
    they share: signature, form or cover. `since` is the first of them. With `held_at` nothing goes
    out until a person did something; `words` says what.
    """

    environment = models.CharField(max_length=15, choices=environments)
    channel = models.CharField(max_length=8, choices=channels)
    turned_down = models.PositiveSmallIntegerField(default=0)
    since = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=500, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["company", "environment", "channel"], name="fiscal_door_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.turned_down} turned down"


class SubmissionState(models.TextChoices):
    """How far a document is on its way to the SII's word."""

    PENDING = "pending", "Por enviar"
    SIGNED = "signed", "Firmada"
    SENT = "sent", "Enviada"
    UNKNOWN = "unknown", "Sin respuesta"
    ACCEPTED = "accepted", "Aceptada"
    ACCEPTED_WITH_REMARKS = "accepted_with_remarks", "Aceptada con reparos"
    REJECTED = "rejected", "Rechazada"


FINAL_STATES = frozenset(
    {
        SubmissionState.ACCEPTED,
        SubmissionState.ACCEPTED_WITH_REMARKS,
        SubmissionState.REJECTED,
    }
)


def submission_states() -> list[tuple[str, str]]:
    return list(SubmissionState.choices)


class Submission(CompanyBoundModel):
    """The outbox row of a document: the only truth about what was sent."""

    document = TenantForeignKey(IssuedDocument)
    state = models.CharField(
        max_length=24, choices=submission_states, default=SubmissionState.PENDING
    )
    envelope = TenantForeignKey(Envelope, null=True)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    words = models.CharField(max_length=500, blank=True)
    # Set for a paper of a certification: it goes with all of its parcel, when a person says so.
    parcel = models.UUIDField(null=True)
    # Why it was rejected, for programs: the SII's state, and its rule when it named one.
    said_code = models.CharField(max_length=40, blank=True, db_default="")
    final_at = models.DateTimeField(null=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "document"], name="fiscal_submission_one"),
            models.CheckConstraint(
                condition=Q(
                    state__in=["accepted", "accepted_with_remarks", "rejected"],
                    final_at__isnull=False,
                )
                | Q(state__in=["pending", "signed", "sent", "unknown"], final_at__isnull=True),
                name="fiscal_submission_final_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="pending") | Q(envelope__isnull=True),
                name="fiscal_submission_pending_is_free",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["signed", "sent", "unknown"]) | Q(envelope__isnull=False),
                name="fiscal_submission_on_its_way",
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "available_at"],
                condition=Q(state="pending"),
                name="fiscal_submission_due",
            ),
            # Almost all are accepted: what is waiting or rejected is found without reading those.
            models.Index(
                fields=["company", "state"],
                condition=~Q(state__in=["accepted", "accepted_with_remarks"]),
                name="fiscal_submission_open",
            ),
            models.Index(
                fields=["company", "envelope"],
                condition=Q(envelope__isnull=False),
                name="fiscal_submission_envelope",
            ),
        ]

    def __str__(self) -> str:
        return f"submission of document {self.document_id}: {self.state}"


class SiiEvent(CompanyBoundModel):
    """What was asked and answered, as it came: appended, never overwritten."""

    document = TenantForeignKey(IssuedDocument, null=True)
    envelope = TenantForeignKey(Envelope, null=True)
    happened_at = models.DateTimeField()
    name = models.CharField(max_length=40)
    words = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            Ledger(name="fiscal_siievent_ledger"),
        ]
        indexes = [
            models.Index(fields=["company", "document"], name="fiscal_event_document"),
            models.Index(fields=["company", "envelope"], name="fiscal_event_envelope"),
            # When the SII last answered: of envelopes, which are few beside documents.
            models.Index(
                fields=["company", "-id"],
                condition=Q(document__isnull=True),
                name="fiscal_event_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.happened_at:%Y-%m-%d %H:%M}"


class PaperSettings(CompanyBoundModel):
    """What a company chose for its papers. No row: the defaults.

    `head_branch` is the casa matriz, the first branch when empty. `closing_lines` stand below a
    boleta, one per line of text; `bank_note` on facturas. `public_months` is how long the link of a
    boleta and the look-up page show it.
    """

    head_branch = TenantForeignKey("tenancy.Branch", null=True)
    closing_lines = models.TextField(blank=True)
    bank_note = models.TextField(blank=True)
    prints_qr = models.BooleanField(default=True)
    public_months = models.PositiveSmallIntegerField(default=3)
    updated_at = models.DateTimeField()

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company"], name="fiscal_paper_settings_one"),
            # Source: Formato Boletas Electrónicas v4.2: the look-up site keeps three months.
            models.CheckConstraint(
                condition=Q(public_months__gte=3, public_months__lte=72),
                name="fiscal_paper_settings_months",
            ),
        ]

    def __str__(self) -> str:
        return f"papers of company {self.company_id}"


class PaperJob(CompanyBoundModel):
    """A PDF that was asked for: a cache, the stored XML is the truth; old ones are deleted.

    `key` is what it shows and how (documents, form, settings): who asks again finds it.
    """

    key = models.BinaryField(max_length=32)
    documents = ArrayField(models.BigIntegerField())
    form = models.CharField(max_length=10)
    wanted_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    pdf = models.BinaryField(null=True)
    made_at = models.DateTimeField(null=True)
    # Why it cannot be drawn, for people; then nobody tries again.
    refusal = models.CharField(max_length=500, blank=True)

    class Meta(CompanyBoundModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["company", "key"], name="fiscal_paper_key"),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(made_at__isnull=True),
                name="fiscal_paper_across",
            ),
            models.Index(fields=["company", "made_at"], name="fiscal_paper_made"),
        ]

    def __str__(self) -> str:
        return f"{self.form} of {len(self.documents)} documents"
