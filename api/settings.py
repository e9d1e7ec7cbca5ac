"""Settings of the HTTP service, from the environment: TARIFF_ENGINE_PORT=8080 and so on."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Where the service listens, and the most that one request may hold."""

    model_config = SettingsConfigDict(env_prefix="TARIFF_ENGINE_", frozen=True, extra="ignore")

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=1, le=65_535, description="The port to listen on.")
    body_limit_bytes: int = Field(default=10 * _MEBIBYTE, ge=1, description="The largest body. [bytes]")
    rows_limit: int = Field(default=50_000, ge=1, description="The most placements in one batch.")
    batches_at_once: int = Field(default=2, ge=1, description="How many batches are priced at the same time.")
    batches_waiting: int = Field(default=20, ge=0, description="How many may wait; more are told to try again.")
