"""Proof under fire: every node a process of its own, loads and faults under a seed, and what they did to the network.

scripts/bench relay      how fast, and what it costs
scripts/soak             an hour of faults, judged by the auditor
"""
