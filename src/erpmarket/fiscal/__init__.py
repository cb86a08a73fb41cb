"""Papers for the SII: folios, documents, and their way to "aceptado".

Owns Certificate, Caf, FolioRange, IssuedDocument (ledger), Envelope, Submission, SiiEvent (ledger).
It issues for whoever asks and does not know what a sale is. Public verbs: `store_certificate`,
`load_caf`, `issue_boleta`, `drain`. Secrets pass through `vault`; the law lives in package `dte`.
"""
