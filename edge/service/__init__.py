"""What each program that runs as a service shares: its log, notifications to systemd, an HTTP listener with limits."""
