"""What printed documents say, for a roll or a page, from the stored XML alone; no device here.

`receipt.receipt_blocks` are the blocks of a boleta on a roll, `roll.roll_blocks` those of a
factura, nota or guía on 80 mm paper; `page.page_content` is everything a letter page shows,
computed. `legal` holds the wording the law fixes, `words` codes and numbers in words, `column`
the arithmetic of the right column.
"""
