"""No folio in two places, whoever writes: what constraints of one table cannot say."""

# Before a paper is written its folio must be its own: authorized, not void, not in a lease of
# somebody else, and no longer in a range that would give it out again. The lease is locked first,
# so that nobody returns or voids its folios between this look and the commit.
DOCUMENT_GUARD_SQL = """
CREATE FUNCTION app.guard_issued_folio() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    IF NEW.lease_id IS NOT NULL THEN
        PERFORM FROM fiscal_foliolease
          WHERE company_id = NEW.company_id AND id = NEW.lease_id FOR SHARE;
    END IF;
    SELECT CASE
        WHEN NOT EXISTS (
            SELECT FROM fiscal_caf c
             WHERE c.company_id = NEW.company_id AND c.id = NEW.caf_id AND c.kind = NEW.kind
               AND c.environment = NEW.environment
               AND NEW.folio BETWEEN c.first_folio AND c.last_folio)
        THEN 'fiscal_document_in_caf'
        WHEN EXISTS (
            SELECT FROM fiscal_foliovoid v
             WHERE v.company_id = NEW.company_id AND v.environment = NEW.environment
               AND v.kind = NEW.kind
               AND int8range(v.first_folio, v.last_folio, '[]') @> NEW.folio)
        THEN 'fiscal_document_not_void'
        WHEN EXISTS (
            SELECT FROM fiscal_foliolease l
             WHERE l.company_id = NEW.company_id AND l.environment = NEW.environment
               AND l.kind = NEW.kind AND l.id IS DISTINCT FROM NEW.lease_id
               AND int8range(l.first_folio, COALESCE(l.returned_from, l.last_folio + 1))
                   @> NEW.folio)
        THEN 'fiscal_document_not_leased'
        WHEN NEW.lease_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM fiscal_foliolease l
             WHERE l.company_id = NEW.company_id AND l.id = NEW.lease_id
               AND l.environment = NEW.environment AND l.kind = NEW.kind
               AND int8range(l.first_folio, COALESCE(l.returned_from, l.last_folio + 1))
                   @> NEW.folio)
        THEN 'fiscal_document_in_lease'
        WHEN EXISTS (
            SELECT FROM fiscal_foliorange r
             WHERE r.company_id = NEW.company_id AND r.environment = NEW.environment
               AND r.kind = NEW.kind AND r.next_folio <= r.last_folio
               AND NEW.folio BETWEEN r.next_folio AND r.last_folio)
        THEN 'fiscal_document_taken'
    END INTO broken;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'folio % of type % breaks %', NEW.folio, NEW.kind, broken
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = broken;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fiscal_document_guard BEFORE INSERT ON fiscal_issueddocument
    FOR EACH ROW EXECUTE FUNCTION app.guard_issued_folio();
"""

# A block that is opened, leased or voided must be nowhere else. Whoever calls holds the locks of
# the ranges of the type (see actions/take_folio.py), so what is not seen here is not there.
BLOCK_GUARDS_SQL = """
CREATE FUNCTION app.guard_folio_block(
    _company bigint, _environment text, _kind int, _first bigint, _last bigint,
    _range bigint, _lease bigint, _void bigint
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN EXISTS (
            SELECT FROM fiscal_issueddocument d
             WHERE d.company_id = _company AND d.environment = _environment AND d.kind = _kind
               AND d.folio BETWEEN _first AND _last)
        THEN 'fiscal_block_not_issued'
        WHEN EXISTS (
            SELECT FROM fiscal_foliorange r
             WHERE r.company_id = _company AND r.environment = _environment AND r.kind = _kind
               AND r.id IS DISTINCT FROM _range AND r.next_folio <= r.last_folio
               AND r.next_folio <= _last AND r.last_folio >= _first)
        THEN 'fiscal_block_not_open'
        WHEN EXISTS (
            SELECT FROM fiscal_foliolease l
             WHERE l.company_id = _company AND l.environment = _environment AND l.kind = _kind
               AND l.id IS DISTINCT FROM _lease
               AND int8range(l.first_folio, COALESCE(l.returned_from, l.last_folio + 1))
                   && int8range(_first, _last, '[]')
               -- What a lost device had, or a returned lease did not explain, may become void.
               AND NOT (_void IS NOT NULL
                        AND (l.revoked_at IS NOT NULL OR l.returned_at IS NOT NULL)))
        THEN 'fiscal_block_not_leased'
        WHEN EXISTS (
            SELECT FROM fiscal_foliovoid v
             WHERE v.company_id = _company AND v.environment = _environment AND v.kind = _kind
               AND v.id IS DISTINCT FROM _void
               AND int8range(v.first_folio, v.last_folio, '[]')
                   && int8range(_first, _last, '[]'))
        THEN 'fiscal_block_not_void'
    END
$$;
CREATE FUNCTION app.refuse_folio_block(
    broken text, kind int, first_folio bigint, last_folio bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'folios % to % of type % break %', first_folio, last_folio, kind, broken
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = broken;
    END IF;
END $$;
CREATE FUNCTION app.guard_folio_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.next_folio > NEW.last_folio THEN
        RETURN NULL;
    END IF;
    PERFORM app.refuse_folio_block(
        CASE WHEN NOT EXISTS (
            SELECT FROM fiscal_caf c
             WHERE c.company_id = NEW.company_id AND c.id = NEW.caf_id AND c.kind = NEW.kind
               AND c.environment = NEW.environment
               AND NEW.next_folio >= c.first_folio AND NEW.last_folio <= c.last_folio)
        THEN 'fiscal_range_in_caf'
        ELSE app.guard_folio_block(NEW.company_id, NEW.environment, NEW.kind,
            NEW.next_folio, NEW.last_folio, NEW.id, NULL, NULL) END,
        NEW.kind, NEW.next_folio, NEW.last_folio);
    RETURN NULL;
END $$;
CREATE TRIGGER fiscal_range_guard_insert AFTER INSERT ON fiscal_foliorange
    FOR EACH ROW EXECUTE FUNCTION app.guard_folio_range();
-- A sale only counts up, and pays for none of this.
CREATE TRIGGER fiscal_range_guard_update AFTER UPDATE ON fiscal_foliorange
    FOR EACH ROW WHEN (NEW.next_folio < OLD.next_folio OR NEW.last_folio > OLD.last_folio
        OR NEW.kind <> OLD.kind OR NEW.environment <> OLD.environment OR NEW.caf_id <> OLD.caf_id)
    EXECUTE FUNCTION app.guard_folio_range();
CREATE FUNCTION app.guard_folio_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM app.refuse_folio_block(
            CASE WHEN NOT EXISTS (
                SELECT FROM fiscal_foliorange r JOIN fiscal_caf c
                    ON c.company_id = r.company_id AND c.id = r.caf_id
                 WHERE r.company_id = NEW.company_id AND r.id = NEW.range_id
                   AND r.kind = NEW.kind AND r.environment = NEW.environment
                   AND NEW.first_folio >= c.first_folio AND NEW.last_folio <= c.last_folio)
            THEN 'fiscal_lease_in_caf'
            ELSE app.guard_folio_block(NEW.company_id, NEW.environment, NEW.kind,
                NEW.first_folio, NEW.last_folio, NULL, NEW.id, NULL) END,
            NEW.kind, NEW.first_folio, NEW.last_folio);
        RETURN NULL;
    END IF;
    IF ROW(NEW.company_id, NEW.range_id, NEW.request_uid, NEW.kind, NEW.environment,
           NEW.first_folio, NEW.last_folio, NEW.holder_uid)
       IS DISTINCT FROM
       ROW(OLD.company_id, OLD.range_id, OLD.request_uid, OLD.kind, OLD.environment,
           OLD.first_folio, OLD.last_folio, OLD.holder_uid)
       OR (OLD.returned_from IS NOT NULL AND NEW.returned_from IS DISTINCT FROM OLD.returned_from)
       OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    THEN
        RAISE EXCEPTION 'lease % is a fact: it only comes back or is lost, once', OLD.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'fiscal_lease_fact';
    END IF;
    IF NEW.returned_from IS NOT NULL AND OLD.returned_from IS NULL AND EXISTS (
        SELECT FROM fiscal_issueddocument d
         WHERE d.company_id = NEW.company_id AND d.environment = NEW.environment
           AND d.kind = NEW.kind AND d.folio BETWEEN NEW.returned_from AND NEW.last_folio)
    THEN
        RAISE EXCEPTION 'lease % was used beyond what comes back', OLD.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'fiscal_lease_used';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER fiscal_lease_guard AFTER INSERT OR UPDATE ON fiscal_foliolease
    FOR EACH ROW EXECUTE FUNCTION app.guard_folio_lease();
CREATE FUNCTION app.guard_folio_void() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM app.refuse_folio_block(
        app.guard_folio_block(NEW.company_id, NEW.environment, NEW.kind,
            NEW.first_folio, NEW.last_folio, NULL, NULL, NEW.id),
        NEW.kind, NEW.first_folio, NEW.last_folio);
    RETURN NULL;
END $$;
CREATE TRIGGER fiscal_void_guard AFTER INSERT ON fiscal_foliovoid
    FOR EACH ROW EXECUTE FUNCTION app.guard_folio_void();
"""

NO_GUARDS_SQL = """
DROP TRIGGER fiscal_void_guard ON fiscal_foliovoid;
DROP TRIGGER fiscal_lease_guard ON fiscal_foliolease;
DROP TRIGGER fiscal_range_guard_update ON fiscal_foliorange;
DROP TRIGGER fiscal_range_guard_insert ON fiscal_foliorange;
DROP TRIGGER fiscal_document_guard ON fiscal_issueddocument;
DROP FUNCTION app.guard_folio_void();
DROP FUNCTION app.guard_folio_lease();
DROP FUNCTION app.guard_folio_range();
DROP FUNCTION app.refuse_folio_block(text, int, bigint, bigint);
DROP FUNCTION app.guard_folio_block(bigint, text, int, bigint, bigint, bigint, bigint, bigint);
DROP FUNCTION app.guard_issued_folio();
"""
