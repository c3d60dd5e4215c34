// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {ITokenAdminRegistry} from "../../contracts/interfaces/ITokenAdminRegistry.sol";
import {Privileges} from "./invariants/Privileges.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @notice Every function that is somebody's, called by everybody.
contract PrivilegesTest is Privileges {
    // INV-ADMIN-1
    function test_S18_nobody_calls_what_is_anothers() public {
        address[] memory callers = callersOn(HERE);
        Function[] memory all = functionsOf(HERE);
        for (uint256 i = 0; i < all.length; ++i) {
            for (uint256 c = 0; c < callers.length; ++c) {
                if (callers[c] == all[i].holder) continue;
                (bool success, bool refused) = attempt(HERE, all[i], callers[c]);
                assertTrue(!success && refused, _name(all[i], callers[c]));
            }
        }
    }

    /// @dev Otherwise a refusal above might be one of the arguments.
    function test_S18_whose_it_is_is_not_refused() public {
        Function[] memory all = functionsOf(HERE);
        for (uint256 i = 0; i < all.length; ++i) {
            bytes4 selector = all[i].selector;
            bool nobodysNow = selector == Ownable2Step.acceptOwnership.selector
                || selector == ITokenAdminRegistry.acceptAdminRole.selector;
            uint256 before = vm.snapshotState();
            (, bool refused) = attempt(HERE, all[i], all[i].holder);
            assertEq(refused, nobodysNow, _name(all[i], all[i].holder));
            vm.revertToState(before);
        }
    }

    function _name(Function memory one, address caller) private pure returns (string memory) {
        return string.concat(vm.toString(abi.encodePacked(one.selector)), " by ", vm.toString(caller));
    }
}
