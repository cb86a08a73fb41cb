"""What this package refuses, and why: every expected error is a `DteError`."""

from typing import Any


class DteError(Exception):
    """Base of every expected refusal.

    `code` is stable and meant for programs; `message` is Spanish and says what to do next.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        # Workers hand errors over pickled; the usual way calls the class with the message alone.
        return _restore, (type(self), self.args), self.__dict__


def _restore(kind: type[DteError], args: tuple[Any, ...]) -> DteError:
    return kind.__new__(kind, *args)


class TextRefused(DteError):
    """A text has a character that the SII's encoding (ISO-8859-1) cannot hold.

    `field` is the SII's tag; `character` the first offender.
    """

    def __init__(self, *, field: str, character: str) -> None:
        self.field = field
        self.character = character
        super().__init__(
            "text_outside_latin1",
            f"En {field} hay un símbolo que el SII no admite"
            f" ({character!r}, U+{ord(character):04X}). Cámbialo o bórralo y prueba otra vez.",
        )


class DraftRefused(DteError):
    """A draft breaks a rule of its document type; nothing was stamped."""


class XmlRefused(DteError):
    """A file is not XML that we accept to read (malformed, too large, DTD, wrong encoding)."""


class SchemaRefused(DteError):
    """A document does not follow the official schema; `lines` are the validator's findings."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        super().__init__(
            "schema",
            "El documento no cumple el formato oficial del SII: "
            + "; ".join(lines[:3])
            + ". Corrige el dato indicado; si no es un dato tuyo, avisa a soporte.",
        )


class SignatureWrong(DteError):
    """An XML signature is absent or does not fit what it signs."""


class StampWrong(DteError):
    """The stamp (TED) of a document is absent, malformed or not signed with its CAF's key."""
