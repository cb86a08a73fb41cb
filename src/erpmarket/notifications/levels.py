"""How grave a notice is, and the trouble that a watcher reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import models

from erpmarket.tenancy.models import Role


class Level(models.TextChoices):
    """A danger is mailed at once, a warning with the daily digest, the rest only shows."""

    INFO = "info", "Para saber"
    WARNING = "warning", "Atención"
    DANGER = "danger", "Urgente"


GRAVITY: Final[Mapping[str, int]] = {Level.INFO: 0, Level.WARNING: 1, Level.DANGER: 2}


def levels() -> list[tuple[str, str]]:
    return list(Level.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something a person must know or do, as long as it lasts.

    `kind` is stable, `key` tells troubles of one kind apart (a folio type, a document). `words` say
    what to do next and `link` is the path of the page where it is done. The digits in the words may
    change while the trouble lasts: that is told once.
    """

    kind: str
    key: str = ""
    level: Level
    title: str
    words: str
    link: str = ""
    roles: tuple[Role, ...] = (Role.OWNER,)
