"""Cases that must hold: files as people have them, and money at its edges."""
