"""`python -m edge.till.reference` is `edge-till`."""

from edge.till.reference.cli import main

if __name__ == "__main__":
    main()
