"""`python -m edge.till.reference` runs `edge-till`."""

from edge.till.reference.cli import main

if __name__ == "__main__":
    main()
