"""How protocol values travel: one module per family of chains."""
