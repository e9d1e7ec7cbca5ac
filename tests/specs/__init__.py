"""Cases that a policy person can read and write, and what runs them."""
