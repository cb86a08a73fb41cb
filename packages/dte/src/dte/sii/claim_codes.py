"""The register of acceptances and claims: what can be said and what it answers."""

from dte.sii.code import NumberCode, SiiCode


class ClaimAction(SiiCode):
    """What a receiver says about a document, and what else its history may hold.

    The first five can be registered. Source: SII, WS registro de reclamo v1.2, accionDoc and
    codEvento.
    """

    ACCEPT_CONTENT = "ACD", "Acepta el contenido del documento"
    RECEIVED_GOODS = "ERM", "Otorga recibo de mercaderías o servicios"
    CLAIM_CONTENT = "RCD", "Reclama el contenido del documento"
    CLAIM_PART = "RFP", "Reclama por falta parcial de mercaderías"
    CLAIM_ALL = "RFT", "Reclama por falta total de mercaderías"
    ANNULLED_BY_NOTE = "NCA", "El emisor lo anuló con una nota de crédito"
    OTHER_NOTE = "ENC", "El emisor lo corrigió con una nota de crédito"
    UNKNOWN = "?", "Un evento que no conocemos"

    @property
    def is_acceptance(self) -> bool:
        """Whether it accepts the document or its goods."""
        return self in (ClaimAction.ACCEPT_CONTENT, ClaimAction.RECEIVED_GOODS)

    @property
    def is_claim(self) -> bool:
        """Whether it claims against the document or its goods."""
        return self is ClaimAction.CLAIM_CONTENT or self.is_claim_of_goods

    @property
    def is_claim_of_goods(self) -> bool:
        """Whether it says that goods are missing."""
        return self in (ClaimAction.CLAIM_PART, ClaimAction.CLAIM_ALL)


class ClaimCode(NumberCode):
    """codResp of the register.

    Source: SII, WS registro de reclamo v1.2; 27 was seen in later answers.
    """

    DONE = "0", "Registrado en el SII"
    WRONG_ISSUER = "1", "El SII no reconoce el RUT del emisor: revísalo"
    WRONG_FOLIO = "2", "El SII no reconoce el folio: revísalo"
    WRONG_KIND = "3", "Solo se aceptan o reclaman facturas (33, 34) y liquidaciones (43)"
    WRONG_ACTION = "4", "El SII no conoce esta acción: avisa a soporte"
    CLAIMED_ALREADY = "5", "El documento ya está reclamado en el SII"
    CLAIMED_NO_RECEIPT = "6", "El documento ya está reclamado: no se puede dar recibo de mercadería"
    REGISTERED_ALREADY = "7", "Ya estaba registrado en el SII"
    TOO_LATE = "8", "Pasaron los 8 días desde que el SII lo recibió: queda aceptado por ley"
    NO_RECORDS = "9", "El SII no encuentra el documento: revisa emisor, tipo y folio"
    BEFORE_THE_REGISTER = "10", "El SII no recibió este documento desde el 14 de enero de 2017"
    ACCEPTED_NO_CLAIM = "11", "El documento ya fue aceptado: no se puede reclamar"
    CLAIMED_NO_ACCEPTANCE = "12", "El documento ya fue reclamado: no se puede aceptar"
    RECEIPT_NO_CLAIM = "13", "Ya se dio recibo de la mercadería: no se puede reclamar"
    NOT_A_PARTY = "14", "Solo el emisor o el receptor pueden consultar: revisa el certificado"
    HISTORY = "15", "Eventos del documento"
    NO_EVENTS = "16", "El documento no tiene reclamos ni acuses de recibo"
    ONLY_THE_RECEIVER = "17", "Solo el receptor puede registrar: revisa el certificado"
    NOT_RECEIVED = "18", "El SII todavía no ha recibido el documento"
    GOODS_CLAIMED_ALREADY = "19", "Ya se reclamó por la mercadería"
    PAID_IN_CASH = "27", "Un documento al contado o gratuito no se acepta ni se reclama"
    INTERNAL_ERROR = "-1", "El SII tuvo un error interno; prueba más tarde"
    UNKNOWN = "?", "El SII respondió un código que no conocemos; prueba más tarde"

    @property
    def is_registered(self) -> bool:
        """Whether the SII holds the event, from now or from before."""
        return self in (ClaimCode.DONE, ClaimCode.REGISTERED_ALREADY)

    @property
    def is_final(self) -> bool:
        """Whether asking the same again gives the same answer."""
        return self not in (ClaimCode.NOT_RECEIVED, ClaimCode.INTERNAL_ERROR, ClaimCode.UNKNOWN)


class AssignabilityCode(NumberCode):
    """Whether a factura may be assigned (cedida), as the register sees it.

    Source: SII, WS registro de reclamo v1.2, consultarDocDteCedible.
    """

    WRONG_ISSUER = "1", "El SII no reconoce el RUT del emisor: revísalo"
    WRONG_FOLIO = "2", "El SII no reconoce el folio: revísalo"
    BEFORE_THE_REGISTER = "10", "El SII no recibió este documento desde el 14 de enero de 2017"
    NOT_RECEIVED = "18", "El SII todavía no ha recibido el documento"
    WRONG_KIND = "20", "Este tipo de documento no se puede ceder"
    ANNULLED = "21", "No se puede ceder: el emisor lo anuló con una nota de crédito"
    NOTHING_YET = "22", "Todavía no hay reclamo ni recibo de mercadería"
    ASSIGNABLE = "23", "Se puede ceder: tiene recibo y no tiene reclamos"
    CLAIMED = "24", "No se puede ceder: el receptor lo reclamó"
    ASSIGNABLE_BY_TIME = "25", "Se puede ceder: pasaron 8 días sin reclamo"
    INTERNAL_ERROR = "-1", "El SII tuvo un error interno; prueba más tarde"
    UNKNOWN = "?", "El SII respondió un código que no conocemos; prueba más tarde"

    @property
    def is_assignable(self) -> bool:
        """Whether the document can be assigned today."""
        return self in (AssignabilityCode.ASSIGNABLE, AssignabilityCode.ASSIGNABLE_BY_TIME)

    @property
    def is_final(self) -> bool:
        """Whether the answer will not change any more."""
        return self in (
            AssignabilityCode.WRONG_KIND,
            AssignabilityCode.ANNULLED,
            AssignabilityCode.CLAIMED,
        )
