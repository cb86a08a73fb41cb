"""The little SOAP 1.1 that the SII's old services speak, written and read as text.

No SOAP library and no WSDL: eight fixed messages do not need them, and a WSDL fetched at run time
would be one more thing that can be down.
"""

from collections.abc import Mapping
from typing import Final

from dte.sii.answers import XmlAnswer, read_xml, read_xml_text
from dte.sii.transport import Response, Transport
from dte.text import escape

SOAP_NAMESPACE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_ENCODING: Final = "http://schemas.xmlsoap.org/soap/encoding/"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
Parts = tuple[tuple[str, str], ...]


def rpc_encoded(namespace: str, operation: str, parts: Parts) -> bytes:
    """Write a call of the DTEWS services (Axis 1): parts are strings, in the WSDL's order.

    Source: WSDLs of CrSeed, GetTokenFromSeed, QueryEstUp, QueryEstDte (style rpc).
    """
    inside = "".join(
        f'<{name} xsi:type="xsd:string">{escape(value)}</{name}>' for name, value in parts
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_NAMESPACE}" xmlns:xsd="{_XSD}" xmlns:xsi="{_XSI}">'
        f'<soapenv:Body><ns1:{operation} soapenv:encodingStyle="{_ENCODING}"'
        f' xmlns:ns1="{namespace}">{inside}</ns1:{operation}></soapenv:Body></soapenv:Envelope>'
    ).encode()


def rpc_literal(namespace: str, operation: str, parts: Parts) -> bytes:
    """Write a call of the claims register: unqualified parts, in the WSDL's order.

    Source: SII, WS registro de reclamo v1.2, annex.
    """
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_NAMESPACE}" xmlns:ws="{namespace}">'
        f"<soapenv:Header/><soapenv:Body><ws:{operation}>{inside}</ws:{operation}>"
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def ask_soap(
    transport: Transport,
    *,
    address: str,
    operation: str,
    parts: Parts,
    headers: Mapping[str, str],
    timeout_seconds: int,
    max_bytes: int,
    namespace: str | None = None,
) -> Response:
    """Post a call; with a `namespace` it is rpc/literal, else rpc/encoded in the address's own.

    Raises NotSent, OutcomeUnknown.
    """
    body = (
        rpc_encoded(address, operation, parts)
        if namespace is None
        else rpc_literal(namespace, operation, parts)
    )
    return transport.request(
        method="POST",
        url=address,
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'} | dict(headers),
        body=body,
        timeout_seconds=timeout_seconds,
        max_bytes=max_bytes,
    )


def read_return(answer: Response, operation: str) -> XmlAnswer | None:
    """Read what a call returned: the XML that came escaped inside it, or the reply itself.

    None when the reply is no XML: a login page, an empty body.
    """
    outer = read_xml(answer)
    if outer is None:
        return None
    inner = outer.leaf(f"{operation}Return")
    return outer if inner is None else read_xml_text(inner)
