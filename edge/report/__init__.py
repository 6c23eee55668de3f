"""What the audit log says, for people: `edge-agent report cashiers | sales | export | verify`."""
