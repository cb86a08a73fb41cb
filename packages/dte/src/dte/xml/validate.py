"""The official schemas, asked before a customer leaves."""


def check_document(xml: bytes) -> None:
    """Check a `<DTE>`, signed or not. Raises SchemaRefused, SchemasMissing, XmlRefused."""
    raise NotImplementedError


def check_envelope(xml: bytes) -> None:
    """Check an EnvioBOLETA or EnvioDTE. Raises SchemaRefused, SchemasMissing, XmlRefused."""
    raise NotImplementedError
