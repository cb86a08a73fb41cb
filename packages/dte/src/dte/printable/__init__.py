"""What printed documents say, for a roll or a page, from the stored XML alone; no device here.

`page.page_content` is everything a letter page shows, computed; `roll.roll_blocks` are the blocks
of a factura, nota or guía on 80 mm paper (boletas: `dte.receipt`). `legal` holds the wording the
law fixes, `words` codes and numbers in words, `column` the arithmetic of the right column.
"""
