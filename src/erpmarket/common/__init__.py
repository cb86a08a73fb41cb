"""What every room may lean on and no framework knows: clock, errors, ids.

`clock`   now, the local date, the business day and its bounds in UTC.
`errors`  DomainError (a refusal: code, fields, Spanish words), OutsideError, InvariantBroken.
`ids`     uuid7, the time-ordered identifiers that devices make.
"""
