"""Write down that a backup was made: who has its hash can prove later that nothing changed."""

from erpmarket.fiscal.books_models import MadeArchive


def note_archive(made: MadeArchive) -> MadeArchive:
    """Keep a backup's period, size and hash in the ledger of the bound company."""
    made.save(force_insert=True)
    return made
