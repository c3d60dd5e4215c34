"""The executor's judgement: what to run next, with which proof, and whether still to send it. Pure.

The executor is trusted with nothing but speed: a message executes because it is in a blessed root, whoever
asks.
"""
