"""`edge-agent report verify`: whether the audit logs are intact."""
