"""The parts of a workbook: what its pages hold, the sheets that are drawn and the ones that are streamed."""
