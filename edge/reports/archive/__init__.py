"""`edge-agent report archive`: whole audit logs, day by day, for a place outside of the box."""
