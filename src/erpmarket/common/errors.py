"""The three kinds of failure: refused, outside, broken."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """A refusal we expect: nothing was written, and the user is told what to do next.

    A subclass sets `code` (stable, for machines) and `message` (Spanish, says the next step). With
    fields it is a `@dataclass(kw_only=True, eq=False)`, and `details` holds them for the JSON
    answer. Not frozen: the interpreter writes the traceback onto a raised exception.
    """

    code: ClassVar[str] = "refused"

    @property
    def message(self) -> str:
        raise NotImplementedError(f"{type(self).__name__} has no message")

    @property
    def details(self) -> Mapping[str, object]:
        if not dataclasses.is_dataclass(self):
            return {}
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __str__(self) -> str:
        return self.message


class OutsideError(Exception):
    """Something beyond our walls failed (SII, printer, mail): retry later, then show a person."""

    code: ClassVar[str] = "outside"


class InvariantBroken(Exception):
    """What must never be false is false: roll back and raise the alarm."""
