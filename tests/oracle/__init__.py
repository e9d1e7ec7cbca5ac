"""The calculation again, in exact fractions and one placement at a time, to check the engine against."""
