"""Faults, builders and fixtures for tests: our users' and ours."""
