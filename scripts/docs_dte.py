"""Write the reference of `dte`: `python scripts/docs_dte.py [FOLDER]`, build/docs/dte unless told.

The pages of packages/dte/docs go along, so that the reference and the concepts stand together.
"""

import shutil
import sys
from pathlib import Path

import pdoc

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "packages" / "dte" / "docs"


def write_reference(folder: Path) -> None:
    """Write one HTML file per public module into the folder, and the pages into pages/."""
    pdoc.render.configure(docformat="markdown", search=True, show_source=False)
    pdoc.pdoc("dte", "!dte.__main__", output_directory=folder)
    shutil.copytree(PAGES, folder / "pages", dirs_exist_ok=True)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs" / "dte"
    write_reference(target)
    print(f"{target / 'dte.html'}; concepts: {target / 'pages' / 'README.md'}")
