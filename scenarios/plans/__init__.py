"""Published tables of plans read, completed and turned into a caseload; the figures and shares that this takes."""
