"""`edge-gateway`: parses the command line and starts the gateway."""

from __future__ import annotations

import logging
import sys

from edge.commands import run_command
from edge.errors import EdgeError
from edge.gateway.load import load_gateway
from edge.service.journal import start_log


def main() -> None:
    run_command(lambda: _main(sys.argv[1:]))


def _main(argv: list[str]) -> None:
    settings = load_gateway(argv)
    start_log([], level=settings.log_level, log_format=settings.log_format, program="edge-gateway")

    import fastapi  # noqa: F401  # first, because the extra that it belongs to has all others

    from edge.gateway.server import GatewayServer

    try:
        GatewayServer(settings).run()
    except EdgeError as problem:
        if settings.log_format == "text":
            raise
        logging.getLogger(__name__).critical("%s", problem)  # so that every line is JSON
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
