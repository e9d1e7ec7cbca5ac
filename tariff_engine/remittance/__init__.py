"""Check what an authority paid against what is due: read any remittance, compare, and say what may have gone wrong."""

from tariff_engine.remittance.check import check_remittance
from tariff_engine.remittance.column_map import ColumnMap, read_column_map
from tariff_engine.remittance.result import RemittanceCheck

__all__ = ["ColumnMap", "RemittanceCheck", "check_remittance", "read_column_map"]
