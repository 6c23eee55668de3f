"""`python -m edge` is `edge-agent`."""

from edge.cli import main

main()
