"""PostgreSQL, started by itself on first use where no other server is configured."""
