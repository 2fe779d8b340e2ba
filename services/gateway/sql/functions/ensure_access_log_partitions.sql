-- Makes the month partitions of the access log ahead of time.
CREATE OR REPLACE FUNCTION ensure_access_log_partitions(first_day date, months integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    SELECT make_month_partitions('access_log', first_day, months)
$$;

REVOKE ALL ON FUNCTION ensure_access_log_partitions(date, integer) FROM public;
GRANT EXECUTE ON FUNCTION ensure_access_log_partitions(date, integer) TO gateway;
