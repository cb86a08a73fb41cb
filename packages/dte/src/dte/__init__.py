"""Chile's electronic tax documents: build, stamp, sign, read, verify and send them.

This package knows nothing of shops or databases. The way of a document: a `Draft` is prepared
(`build.prepare`), gets a folio and is stamped (`build.build`), is checked against the official
schema (`xml.validate`), signed (`signer`), packed (`envelope`) and sent (`sii`). Folios come from
authorizations (`caf`). Money is in whole pesos (int); the wall clock is always passed in as `at`.
`python -m dte verify FILE...` judges any document, envelope or authorization.
"""
