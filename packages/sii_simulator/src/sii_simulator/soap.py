"""SOAP 1.1 rpc/encoded as the SII's Axis 1 speaks it: one operation in, one escaped string out.

Source: the SII's WSDLs of maullin; parameters count by position, their names are not looked at.
"""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from .envelope import safe_parser
from .replies import Reply

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_HOST = "https://maullin.sii.cl"
_XML = "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a service does: its one operation and the names of its parameters, in order."""

    name: str
    parameters: tuple[str, ...] = ()


SERVICES = {
    "/DTEWS/CrSeed.jws": Operation(name="getSeed"),
    "/DTEWS/GetTokenFromSeed.jws": Operation(name="getToken", parameters=("pszXml",)),
    "/DTEWS/QueryEstUp.jws": Operation(
        name="getEstUp", parameters=("RutCompania", "DvCompania", "TrackId", "Token")
    ),
    "/DTEWS/QueryEstDte.jws": Operation(
        name="getEstDte",
        parameters=(
            "RutConsultante",
            "DvConsultante",
            "RutCompania",
            "DvCompania",
            "RutReceptor",
            "DvReceptor",
            "TipoDte",
            "FolioDte",
            "FechaEmisionDte",
            "MontoDte",
            "Token",
        ),
    ),
    "/DTEWS/services/QueryEstDteAv": Operation(
        name="getEstDteAv",
        parameters=(
            "RutEmpresa",
            "DvEmpresa",
            "RutReceptor",
            "DvReceptor",
            "TipoDte",
            "FolioDte",
            "FechaEmisionDte",
            "MontoDte",
            "FirmaDte",
            "Token",
        ),
    ),
    "/DTEWS/services/wsDTECorreo": Operation(
        name="reenvioCorreo", parameters=("Token", "RutEmpresa", "DvEmpresa", "TrackId")
    ),
}


class SoapFaultError(Exception):
    """The request is no call of this service; the text is Axis's own."""


def read_call(path: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
    """Read a call's arguments by the service's parameter names. Raises SoapFaultError."""
    operation = SERVICES[path]
    if "soapaction" not in headers:
        raise SoapFaultError("no SOAPAction header!")
    try:
        root = etree.fromstring(body, safe_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SoapFaultError(f"org.xml.sax.SAXParseException: {error}") from error
    call = next(iter(root.iterfind(f"{{{ENVELOPE}}}Body/*")), None)
    if root.tag != f"{{{ENVELOPE}}}Envelope" or call is None:
        raise SoapFaultError("Bad envelope: no SOAP 1.1 Body with a call")
    name = etree.QName(call).localname
    if name != operation.name:
        raise SoapFaultError(f"No such operation '{name}'")
    arguments = [child.text or "" for child in call.iterchildren(etree.Element)]
    if len(arguments) != len(operation.parameters):
        # Live, a parameter more (the consultant in getEstUp) ends in HTTP 500.
        raise SoapFaultError(f"No such operation '{name}' with {len(arguments)} parameters")
    return dict(zip(operation.parameters, arguments, strict=True))


def answer(path: str, inner: str) -> Reply:
    """Wrap an answer's XML as the string that the operation returns."""
    name = SERVICES[path].name
    quoted = escape(inner, {'"': "&quot;"})
    return _reply(
        200,
        f'<ns1:{name}Response soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
        f' xmlns:ns1="{_HOST}{path}"><{name}Return xsi:type="xsd:string">{quoted}</{name}Return>'
        f"</ns1:{name}Response>",
    )


def fault(words: str) -> Reply:
    """Answer a request that is no call."""
    return _reply(
        500,
        "<soapenv:Fault><faultcode>soapenv:Server.userException</faultcode>"
        f"<faultstring>{escape(words)}</faultstring><detail/></soapenv:Fault>",
    )


def wsdl(path: str) -> Reply:
    """Describe a service, in the few words that a client needs."""
    operation, service = SERVICES[path], path.rsplit("/", 1)[-1].removesuffix(".jws")
    parts = "".join(f'<part name="{part}" type="xsd:string"/>' for part in operation.parameters)
    order = f' parameterOrder="{" ".join(operation.parameters)}"' if operation.parameters else ""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions targetNamespace="{_HOST}{path}" xmlns="http://schemas.xmlsoap.org/wsdl/"'
        f' xmlns:impl="{_HOST}{path}" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f'<message name="{operation.name}Request">{parts}</message>'
        f'<message name="{operation.name}Response"><part name="{operation.name}Return"'
        f' type="xsd:string"/></message><portType name="{service}">'
        f'<operation name="{operation.name}"{order}>'
        f'<input message="impl:{operation.name}Request"/>'
        f'<output message="impl:{operation.name}Response"/></operation></portType></definitions>'
    )
    return Reply(status=200, content_type=_XML, body=body.encode("utf-8"))


def _reply(status: int, inside: str) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body>{inside}</soapenv:Body></soapenv:Envelope>"
    )
    return Reply(status=status, content_type=_XML, body=body.encode("utf-8"))
