"""`python -m edge` runs `edge-agent`."""

from edge.cli import main

main()
