"""Around every request: security headers, an access log of routes alone, and no defect that says more than its kind."""

from __future__ import annotations

import logging
import time
import traceback
from asyncio import CancelledError

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem

access = logging.getLogger("api.access")
defects = logging.getLogger("api.defects")

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Shield:
    """The outermost layer of the application.

    A path or a query may hold what identifies a child, and so may the message of an exception; neither is logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer for it where nothing else did."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0

        async def send_shielded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self.app(scope, receive, send_shielded)
        except (CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as defect:  # Polars ends on exceptions of its own that aren't Exception.
            defects.error("%s", _kind_and_place(defect))
            if status:
                return
            problem = Problem(500, "internal_error", "The service has a defect. What was asked was not kept.")
            await problem.response()(scope, receive, send_shielded)
        finally:
            milliseconds = round((time.monotonic() - started) * 1000)
            access.info("%s %s %d %d ms", scope["method"], _route(scope), status, milliseconds)


def _route(scope: Scope) -> str:
    """The route's own template, never the path that was asked for."""
    return getattr(scope.get("route"), "path", "(no route)")


def _kind_and_place(defect: BaseException) -> str:
    last = traceback.extract_tb(defect.__traceback__)[-1:]
    return f"{type(defect).__name__}" + (f" in {last[0].name}, line {last[0].lineno}" if last else "")
