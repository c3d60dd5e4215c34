"""The demonstration: the whole network, live, and what happens when somebody cheats."""
