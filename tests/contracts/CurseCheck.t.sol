// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {AnsweringRMN, RevertingRMN} from "./mocks/BrokenRiskNetworks.sol";

contract CurseCheckTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function bothCursed(address proxy) internal view returns (bool) {
        bool globally = CurseCheck.isCursed(proxy);
        assertEq(globally, CurseCheck.isCursed(proxy, DEST_CHAIN));
        return globally;
    }

    function test_no_code_means_cursed() public {
        assertTrue(bothCursed(makeAddr("nobody")));
    }

    function test_a_revert_means_cursed() public {
        assertTrue(bothCursed(address(new RevertingRMN())));
        rmnProxy.setARM(address(new RevertingRMN()));
        assertTrue(bothCursed(address(rmnProxy)));
    }

    function testFuzz_anything_but_one_zero_word_means_cursed(bytes calldata answer) public {
        vm.assume(keccak256(answer) != keccak256(abi.encode(false)));

        assertTrue(bothCursed(address(new AnsweringRMN(answer))));
    }

    function test_short_and_long_zeros_mean_cursed() public {
        assertTrue(bothCursed(address(new AnsweringRMN(""))));
        assertTrue(bothCursed(address(new AnsweringRMN(new bytes(31)))));
        assertTrue(bothCursed(address(new AnsweringRMN(new bytes(64)))));
    }

    function test_one_zero_word_means_open() public {
        assertFalse(bothCursed(address(new AnsweringRMN(abi.encode(false)))));
        assertFalse(bothCursed(address(rmnProxy)));
    }

    function test_a_subject_is_cursed_alone_and_everything_together() public {
        curse(DEST_CHAIN);
        assertTrue(CurseCheck.isCursed(address(rmnProxy), DEST_CHAIN));
        assertFalse(CurseCheck.isCursed(address(rmnProxy), OTHER_CHAIN));
        assertFalse(CurseCheck.isCursed(address(rmnProxy)));

        curseEverything();
        assertTrue(CurseCheck.isCursed(address(rmnProxy), OTHER_CHAIN));
        assertTrue(CurseCheck.isCursed(address(rmnProxy)));
    }
}
