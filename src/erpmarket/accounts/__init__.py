"""Logins, roles and PINs.

Owns User (a login: mail and password, nothing else about a person), Pin (a member's number at the
till) and SignInTry (the brake on guessing). `permissions` is the one table role → verbs. Public
verbs: `create_user`, `check_sign_in`, `set_pin`, `check_pin`.
"""
