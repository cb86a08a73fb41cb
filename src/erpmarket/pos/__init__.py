"""The till: shifts, sales, money.

Owns Till, Shift, Sale, SaleLine, Payment (ledgers but for the open shift). Public verbs in
`actions/`: `open_shift`, `close_shift`; `adopt_sales` books what a till sold by itself and
`commit_sale` what the server sells. The till's browser side is frontend/till/.
"""
