"""The till: shifts, sales, money.

Owns Till, Shift, Sale, SaleLine, Payment (ledgers but for the open shift). Public verbs in
`actions/`: `open_shift`, `close_shift`, `commit_sale`. The till's browser side is frontend/till/.
"""
