"""The running agent and what it owes the machine: systemd, the journal, metrics, memory, privacy."""
