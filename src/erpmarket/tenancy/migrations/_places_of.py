"""The function that says where a login may go."""

# The one question that must be answered before a company is bound: where may this login go?
# SECURITY DEFINER: it reads past the policies as the owner, and returns one login's own places only.
PLACES_OF_SQL = """
CREATE FUNCTION app.places_of(wanted_user bigint)
RETURNS TABLE (company_id bigint, shop_name varchar, role varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.shop_name, m.role
      FROM tenancy_membership m JOIN tenancy_company c ON c.id = m.company_id
     WHERE m.user_id = wanted_user AND m.is_active
     ORDER BY c.shop_name, c.id
$$;
REVOKE ALL ON FUNCTION app.places_of(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.places_of(bigint) TO erp_app;
"""
