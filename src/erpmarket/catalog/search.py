"""The one folded form in which names are searched, in Python and in the till's JavaScript."""

import unicodedata


def fold(text: str) -> str:
    """Fold a name for searching: lower case, no accents, single blanks."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
