"""The SII's certification of a company: its test sets become documents.

`set_text` reads the file that the SII hands out, `case_drafts` turns its cases into drafts and
`set_books` into books, `boleta_set` holds the five fixed cases of boletas, `simulation` invents
the documents of a busy day, and `sample_prints` says which papers must be printed.
"""
