"""Tables in and out: CSV, Parquet, Arrow and workbooks. Nothing else in the engine opens a table."""
