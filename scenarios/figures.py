"""National figures that somebody published; they are read in the engine, and are at hand here for models."""

from tariff_engine.national_figures import Figure, national_figure, national_figures

__all__ = ["Figure", "national_figure", "national_figures"]
