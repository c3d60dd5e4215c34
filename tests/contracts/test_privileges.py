"""Nothing that changes a contract's state is forgotten: it is somebody's, and then every other caller is tried, or it
is everybody's, and then it says here what keeps it safe.
"""

import re
from pathlib import Path

import pytest

from ccip_py.deploy import artifacts

LISTED = set(
    re.findall(
        r"\.(\w+)\.selector",
        (Path(__file__).parent / "invariants" / "Privileges.sol").read_text(encoding="utf-8"),
    )
)
EVERYBODYS = {
    "ccipSend": "moves what is its caller's",
    "withdrawFeeTokens": "to the fixed aggregator",
    "manuallyExecute": "in the open window, or after a failure",
    "bless": "relays signatures of monitors",
    "voteToCurse": "relays the signature of a monitor",
    "retractCurseVote": "the caller's own vote",
    "approve": "the caller's own tokens",
    "transfer": "the caller's own tokens",
    "transferFrom": "what was allowed",
    "renounceRole": "the caller's own role",
    "registerAdminViaOwner": "for the token's owner only",
    "registerAdminViaGetCCIPAdmin": "for the token's CCIP admin only",
    "registerAccessControlDefaultAdmin": "for a holder of the token's admin role only",
}
OF_A_LIBRARY = {"beginDefaultAdminTransfer", "acceptDefaultAdminTransfer", "cancelDefaultAdminTransfer"} | {
    "changeDefaultAdminDelay",
    "rollbackDefaultAdminDelay",
}  # OpenZeppelin's AccessControlDefaultAdminRules, which we do not override
CONTRACTS = (
    *("Router", "OnRamp", "FeeQuoter", "CommitStore", "OffRamp", "RMN", "RMNProxy", "TokenAdminRegistry"),
    *("RegistryModuleOwner", "BurnMintTokenPool", "LockReleaseTokenPool", "BurnMintERC20"),
)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_function_that_changes_state_is_somebodys_or_says_why_not(contract: str) -> None:
    changing = {
        entry["name"]
        for entry in artifacts.load(contract).abi
        if entry["type"] == "function" and entry["stateMutability"] in ("nonpayable", "payable")
    }

    assert sorted(changing - LISTED - EVERYBODYS.keys() - OF_A_LIBRARY) == []
