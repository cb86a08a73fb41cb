"""How a draft is refused."""

from typing import NoReturn

from dte.errors import DraftRefused


def refuse(code: str, message: str) -> NoReturn:
    """Raise DraftRefused with a Spanish message that says what to do next."""
    raise DraftRefused(code, f"{message} Corrígelo y vuelve a emitir.")
