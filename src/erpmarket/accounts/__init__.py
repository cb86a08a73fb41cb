"""Logins, roles and PINs.

Owns User (a login: mail and password, nothing else about a person) and Pin (a member's number at the
till). `permissions` is the one table role → verbs. Public verbs: `create_user`, `set_pin`, `check_pin`.
"""
