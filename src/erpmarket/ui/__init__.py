"""How every page looks and speaks: base template, components, formats, refusals in words.

Owns no rows. A page says `{% extends layout %}` and fills `title` and `page`; `layout` is whole or
only `#page`, by who asks. `formats` writes money, quantities, RUTs and times the Chilean way (the
filters of `templatetags.formats` are there without loading), `icons` holds the drawings of
`{% icon "till" %}`. `middleware` turns an expected refusal into Spanish and sends the
Content-Security-Policy, `context` knows the places. The looks are in `frontend/css` (one file per
component), the behaviour in `frontend/office`.
"""
