"""The parts of an invented caseload: assumptions, draws, children, providers, spells, prices and mistakes."""
