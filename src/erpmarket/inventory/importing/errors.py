"""What is refused of a file that somebody brings, and what to do then."""

from dataclasses import dataclass
from typing import ClassVar

from erpmarket.common.errors import DomainError


@dataclass(kw_only=True, eq=False)
class FileRefused(DomainError):
    """The whole file cannot be read; `words` say why and what to do."""

    words: str

    code: ClassVar[str] = "import_file_refused"

    @property
    def message(self) -> str:
        return self.words


@dataclass(kw_only=True, eq=False)
class AlreadyThere(DomainError):
    """The same bytes were brought before and still count."""

    run_id: int
    when: str

    code: ClassVar[str] = "import_known"

    @property
    def message(self) -> str:
        return f"Esta misma planilla ya está aquí: la subiste {self.when}. No hay que hacer nada."


@dataclass(kw_only=True, eq=False)
class NotNow(DomainError):
    """The run is at another step than the button thought."""

    code: ClassVar[str] = "import_not_now"

    @property
    def message(self) -> str:
        return "Esta planilla ya va en otro paso. Mira abajo cómo está."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong in one row: `column` is the heading, empty for the whole row."""

    row: int
    column: str
    words: str


class BadCell(Exception):
    """A cell that cannot be understood; its text says what to do."""
