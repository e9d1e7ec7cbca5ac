"""What holds for the project as a whole: imports, exports, the wheel, the README, and what it never has."""
