"""Models of the virtual printer: what each would really understand."""

from collections.abc import Mapping
from dataclasses import dataclass

# Printed when a page number is chosen that the model does not have: visibly wrong, as on paper.
MISSING_PAGE_CODEC = "cp857"
EPSON_PAGES: Mapping[int, str] = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    13: "cp857",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}
POS5890_PAGES: Mapping[int, str] = {0: "cp437", 2: "cp850", 53: "cp858", 71: "cp1252"}
ZJ5870_PAGES: Mapping[int, str] = {0: "cp437", 2: "cp850", 16: "cp1252"}
CP437_PAGES: Mapping[int, str] = {0: "cp437"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Head and paper in dots of 1/203 inch, the code pages by number, and whether it cuts."""

    name: str
    paper_dots: int
    dots: int
    pages: Mapping[int, str]
    cuts: bool = True

    @property
    def columns(self) -> int:
        return self.dots // 12


MODELS: Mapping[str, Model] = {
    model.name: model
    for model in (
        Model(name="80", paper_dots=640, dots=576, pages=EPSON_PAGES),
        Model(name="58", paper_dots=464, dots=384, pages=EPSON_PAGES, cuts=False),
        Model(name="80-180dpi", paper_dots=568, dots=512, pages=EPSON_PAGES),
        Model(name="58-pos5890", paper_dots=464, dots=384, pages=POS5890_PAGES, cuts=False),
        Model(name="58-zj5870", paper_dots=464, dots=384, pages=ZJ5870_PAGES, cuts=False),
        Model(name="80-cp1252", paper_dots=640, dots=576, pages=EPSON_PAGES),
        Model(name="80-cp437", paper_dots=640, dots=576, pages=CP437_PAGES),
    )
}
