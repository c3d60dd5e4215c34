"""The auditor: rebuilds a network's history from its chains alone, and decides the safety invariants.

    verdict = audit("deployment.json")          python -m ccip_py.audit deployment.json
    verdict.holds, verdict.violations

It imports nothing else of this project and decodes, hashes and counts by itself, so it shares no mistake with the
contracts' tools, the nodes or the risk monitors.
"""

from ccip_py.audit.history import Finding
from ccip_py.audit.main import main
from ccip_py.audit.verdict import Verdict, audit

__all__ = ["audit", "main", "Finding", "Verdict"]
