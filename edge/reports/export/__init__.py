"""`edge-agent report export`: the audit logs as Parquet files."""
