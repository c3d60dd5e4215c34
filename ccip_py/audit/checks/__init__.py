"""The invariants, each a function from a history to what is wrong with it."""
