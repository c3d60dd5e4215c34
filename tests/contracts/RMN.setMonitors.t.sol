// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {RiskNetwork} from "./fixtures/RiskNetwork.sol";

contract RMNSetMonitorsTest is RiskNetwork {
    function setUp() public {
        deployRiskNetwork();
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        rmn.setMonitors(monitors(), 3, 2);
    }

    function test_reverts_with_none_or_more_than_sixteen_monitors() public {
        vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
        rmn.setMonitors(new IRMN.Monitor[](0), 1, 1);

        IRMN.Monitor[] memory many = new IRMN.Monitor[](17);
        for (uint160 i = 0; i < 17; ++i) {
            many[i] = IRMN.Monitor(address(2 * i + 1), address(2 * i + 2));
        }
        vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
        rmn.setMonitors(many, 1, 1);
    }

    function testFuzz_reverts_when_a_threshold_is_zero_or_more_than_there_are(uint8 bless, uint8 curse)
        public
    {
        bool sound = bless != 0 && bless <= MONITORS && curse != 0 && curse <= MONITORS;
        vm.assume(!sound);

        vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
        rmn.setMonitors(monitors(), bless, curse);
    }

    function test_reverts_when_a_key_is_zero() public {
        IRMN.Monitor[] memory set = monitors();
        set[2].curseKey = address(0);

        vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
        rmn.setMonitors(set, 3, 2);
    }

    function test_reverts_when_a_key_is_used_twice() public {
        for (uint256 i = 0; i < 3; ++i) {
            IRMN.Monitor[] memory set = monitors();
            if (i == 0) set[1].blessKey = set[3].blessKey;
            if (i == 1) set[1].blessKey = set[1].curseKey;
            if (i == 2) set[1].curseKey = set[0].blessKey;

            vm.expectRevert(IRMN.InvalidMonitorConfig.selector);
            rmn.setMonitors(set, 3, 2);
        }
    }

    /* EFFECTS */

    function test_replaces_the_monitors_and_counts_the_configurations() public {
        IRMN.Monitor[] memory set = new IRMN.Monitor[](1);
        set[0] = IRMN.Monitor(makeAddr("new blesser"), makeAddr("new curser"));

        vm.expectEmit(address(rmn));
        emit IRMN.MonitorsSet(2, set, 1, 1);
        rmn.setMonitors(set, 1, 1);

        (uint32 version, IRMN.Monitor[] memory now_, uint8 bless, uint8 curse) = rmn.getMonitors();
        assertEq(version, 2);
        assertEq(now_.length, 1);
        assertEq(now_[0].blessKey, set[0].blessKey);
        assertEq(bless, 1);
        assertEq(curse, 1);
    }

    function test_the_owner_replaces_the_guardian() public {
        vm.expectEmit(address(rmn));
        emit IRMN.GuardianSet(stranger);
        rmn.setGuardian(stranger);

        vm.expectRevert(abi.encodeWithSelector(IRMN.OnlyGuardianOrOwner.selector, guardian));
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);
    }

    function test_nobody_else_replaces_the_guardian() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guardian));
        vm.prank(guardian);
        rmn.setGuardian(stranger);
    }
}
