"""Companies, their branches and members, and the wall between them.

Owns Company, Branch, Membership. Every other room's model derives from `CompanyBoundModel`;
`scope.company_scope` binds one company to one transaction; `rls` emits the policies, composite keys
and ledger locks that make the wall hold for raw SQL too; `access` knows the person behind a
request.
"""
