"""`edge-agent report`: reports on the audit logs and on filed purchases."""
