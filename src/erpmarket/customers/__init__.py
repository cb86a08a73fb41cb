"""People the shop knows by name, what they owe it, and what it owes them.

Owns Customer with its CustomerMoves (fiado) and StoreCredit (vales); both are ledgers whose balance
runs along. Verbs in `actions`: register_customer, edit_customer; charge, collect, lend, lower_debt,
correct; issue_vale, spend_vale. Cash of an account goes through a till's drawer: the room above
does that (settings.CREDIT_DESK).
"""
