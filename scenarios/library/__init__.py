"""Worked scenarios, one file each: title, source, baseline and levers. Every value in them is illustrative."""
