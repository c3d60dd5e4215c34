"""How n nodes agree and sign, whatever the subject. Pure: no clock, no randomness, no I/O, no keys."""
