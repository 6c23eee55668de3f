"""`python -m edge.gateway` is `edge-gateway`."""

from edge.gateway.cli import main

main()
