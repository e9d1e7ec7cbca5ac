"""The HTTP service: shipped frameworks, quotes and costings, as JSON. It keeps nothing."""

from __future__ import annotations

from functools import partial

from anyio import CapacityLimiter
from fastapi import FastAPI

from api.documentation import document
from api.problems import add_problem_handlers
from api.routers import costings, frameworks, health, quotes
from api.settings import Settings
from api.shield import Shield
from tariff_engine.costing import engine_version

_DESCRIPTION = (
    "Prices placements of children with special educational needs and in alternative provision under published "
    "frameworks, exact to the penny. Money is whole pence; factors are decimals in quotation marks. A price that is "
    "not known is null with a finding, never 0. Nothing that is sent is kept or logged."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application, with the limits of its settings."""
    # The usual pages of documentation load scripts from elsewhere, so there are none.
    app = FastAPI(
        title="Tariff engine",
        version=engine_version(),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings or Settings()
    app.state.batches = CapacityLimiter(app.state.settings.batches_at_once)
    for router in (frameworks.router, quotes.router, costings.router, health.router):
        app.include_router(router)
    add_problem_handlers(app)
    app.add_middleware(Shield)
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    return app
