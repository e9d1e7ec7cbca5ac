"""Notional budgets of mainstream schools for special educational needs, and targeted help where they don't reach."""

from tariff_engine.notional_sen.comparing import NotionalSen, compare_notional_sen

__all__ = ["NotionalSen", "compare_notional_sen"]
