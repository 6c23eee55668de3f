"""`edge-agent report cashiers`, `sales` and `export`: checks of ID."""
