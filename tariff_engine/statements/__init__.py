"""Statements of what each provider will be paid, by child, by month and for places, settled with what was paid."""

from tariff_engine.statements.making import make_statements
from tariff_engine.statements.statement import Statement
from tariff_engine.statements.statements import Statements

__all__ = ["Statement", "Statements", "make_statements"]
