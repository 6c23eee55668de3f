"""The running agent, with its log, metrics, health page, systemd notifications, memory limit and privacy guards."""
