"""Pure tests of what a message is."""
