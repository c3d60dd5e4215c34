"""From nothing to a working network: compile, plan, apply, verify."""
