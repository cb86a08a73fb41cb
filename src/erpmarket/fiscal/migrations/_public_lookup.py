"""The function that finds the document on a paper in somebody's hand."""

# The look-up page asks before a company is bound: whose document is this? It must name all five
# facts that stand on the paper, and learns nothing but where that one document is.
# SECURITY DEFINER: it reads past the policies as the owner.
PUBLIC_DOCUMENT_SQL = """
CREATE FUNCTION app.public_document(
    wanted_rut varchar, wanted_kind int, wanted_folio bigint, wanted_day date, wanted_clp bigint
)
RETURNS TABLE (company_id bigint, document_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.company_id, d.id
      FROM tenancy_company c
      JOIN fiscal_issueddocument d
        ON d.company_id = c.id AND d.environment = c.environment
       AND d.kind = wanted_kind AND d.folio = wanted_folio
     WHERE c.rut = wanted_rut AND d.issue_date = wanted_day AND d.total_clp = wanted_clp
     ORDER BY d.id DESC
     LIMIT 1
$$;
REVOKE ALL ON FUNCTION app.public_document(varchar, int, bigint, date, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.public_document(varchar, int, bigint, date, bigint) TO erp_app;
"""
