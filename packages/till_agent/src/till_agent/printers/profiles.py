"""Printer models: head, columns, code page. A new model is one more row in PROFILES."""

from collections.abc import Mapping
from dataclasses import dataclass

LEGAL_DPI = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a printer model can do.

    `dots` is the printable width, a multiple of eight; `columns` counts font A (12 x 24 dots).
    `codec` is the code page by its Python name and `code_page` its number in this printer.
    `line_spacing` is the unit of this model for a pitch of 28 dots. `stamp_columns` are the
    PDF417's data columns when it stands upright; None turns it by 90 degrees.
    """

    name: str
    description: str
    paper_mm: int
    dots: int
    columns: int
    dpi: int
    codec: str
    code_page: int
    line_spacing: int
    stamp_columns: int | None
    has_cutter: bool

    @property
    def stamp_is_legal(self) -> bool:
        """Say whether the head is fine enough for the stamp.

        Source: Res. Ex. SII 74 of 2020: printed at more than 200 dots per inch.
        """
        return self.dpi > LEGAL_DPI


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            name="80",
            description="80 mm, 203 dpi, compatible con Epson",
            paper_mm=80,
            dots=576,
            columns=48,
            dpi=203,
            codec="cp858",
            code_page=19,
            line_spacing=28,
            stamp_columns=11,
            has_cutter=True,
        ),
        Profile(
            name="58",
            description="58 mm, 203 dpi, compatible con Epson",
            paper_mm=58,
            dots=384,
            columns=32,
            dpi=203,
            codec="cp858",
            code_page=19,
            line_spacing=28,
            stamp_columns=None,
            has_cutter=False,
        ),
        Profile(
            name="80-180dpi",
            description="80 mm, 180 dpi, familia Epson TM-T88",
            paper_mm=80,
            dots=512,
            columns=42,
            dpi=180,
            codec="cp858",
            code_page=19,
            line_spacing=28,
            stamp_columns=10,
            has_cutter=True,
        ),
        Profile(
            name="58-pos5890",
            description="58 mm, POS-5890 y NT-5890K",
            paper_mm=58,
            dots=384,
            columns=32,
            dpi=203,
            codec="cp858",
            code_page=53,
            line_spacing=28,
            stamp_columns=None,
            has_cutter=False,
        ),
        Profile(
            name="58-zj5870",
            description="58 mm, ZJ-5870, sin CP858",
            paper_mm=58,
            dots=384,
            columns=32,
            dpi=203,
            codec="cp850",
            code_page=2,
            line_spacing=28,
            stamp_columns=None,
            has_cutter=False,
        ),
        Profile(
            name="80-cp1252",
            description="80 mm, 203 dpi, sólo CP1252",
            paper_mm=80,
            dots=576,
            columns=48,
            dpi=203,
            codec="cp1252",
            code_page=16,
            line_spacing=28,
            stamp_columns=11,
            has_cutter=True,
        ),
        Profile(
            name="80-cp437",
            description="80 mm, 203 dpi, sólo CP437: sin Á Í Ó Ú",
            paper_mm=80,
            dots=576,
            columns=48,
            dpi=203,
            codec="cp437",
            code_page=0,
            line_spacing=28,
            stamp_columns=11,
            has_cutter=True,
        ),
    )
}
