"""The command serve: the HTTP service on this machine."""

from __future__ import annotations

import logging
import socket
import sys
from typing import Annotated

import typer

from api.cli.costings import USAGE
from api.cli.layout import Line
from api.cli.screen import complain, say
from tariff_engine.errors import UsageError

_NEEDED = frozenset({"fastapi", "pydantic_settings", "starlette", "uvicorn"})


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve prices over HTTP to programs on this machine, until it is stopped with Ctrl-C."""
    try:
        import uvicorn

        from api.app import create_app
        from api.settings import Settings
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _NEEDED:
            raise
        complain("The service needs more packages: pip install 'tariff-engine[api]'")
        raise typer.Exit(USAGE) from None
    settings = Settings(host=host, port=port)
    _check_address(settings.host, settings.port)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("api").setLevel(logging.INFO)
    where = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say([Line(f"Serving on {where} until Ctrl-C. Start with {where}/v1/frameworks; all of it is in /openapi.json.")])
    sys.stdout.flush()
    # The service writes its own access log: uvicorn's has the query string.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        server_header=False,
    )


def _check_address(host: str, port: int) -> None:
    """Refuse, in a sentence, an address that can't be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise UsageError(f"{host}, port {port}, can't be listened on: {error.strerror}.") from None
