"""What is read from the records and the purchases: `edge-agent report`."""
