"""The prices of the illustrative national framework before they are fitted, and what they are held against."""
