"""Benchmarks, as `scripts/bench` runs them."""
