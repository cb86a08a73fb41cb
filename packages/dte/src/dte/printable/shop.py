"""What a company chose for its papers, and what the law wants there that no XML carries."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What the shop chose for its paper.

    `resolution_number` and `resolution_year` are SII's authorization (0 in certification).
    `site` is where customers look their boleta up; `closing_lines` are at most three.
    `is_branch` says that the document's own address is a branch; `head_office` and `branches`
    are the company's other addresses, in words. `sii_office` is the SII's unit of the issuer's
    address ("SANTIAGO PONIENTE"). `low_stamp_rows` has a till's printer draw the stamp of a
    factura, nota or guía with rows of 2.5 modules instead of 3: its dots allow either rows as
    high as the annex asks for or a stamp as low as the manual does, and high rows read better.
    """

    name: str
    resolution_number: int
    resolution_year: int
    is_branch: bool = False
    site: str = ""
    closing_lines: tuple[str, ...] = ()
    demonstration: bool = False
    sii_office: str = ""
    head_office: str = ""
    branches: tuple[str, ...] = ()
    low_stamp_rows: bool = False
