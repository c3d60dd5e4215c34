"""A complete CCIP network for people who work in Python and Solidity.

Importing this package loads none of its parts, so that the risk monitor, which must share no code with the
rest, can live inside it.
"""

__version__ = "0.1.0"
