"""Read the semicolon files that lie beside the demo's modules."""

import csv
from collections.abc import Iterator
from importlib.resources import files


def read_rows(file_name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a file by column name, in the order of the file."""
    # Semicolons, because names have decimal commas ("1,5 L") and Chilean spreadsheets expect it.
    text = files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines(), delimiter=";", strict=True)
