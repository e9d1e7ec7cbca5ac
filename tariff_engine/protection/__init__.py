"""Protection of providers: what brings a provider's funding up to what last year's rules would have given."""

from tariff_engine.protection.protecting import Protection, protect

__all__ = ["Protection", "protect"]
