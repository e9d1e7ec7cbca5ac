"""What must hold for every caseload and every amount, tried on many."""
