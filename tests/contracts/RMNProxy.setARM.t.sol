// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {RMN} from "../../contracts/RMN.sol";
import {RMNProxy} from "../../contracts/RMNProxy.sol";
import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {IRMNProxy} from "../../contracts/interfaces/IRMNProxy.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {RiskNetwork} from "./fixtures/RiskNetwork.sol";

contract RMNProxySetARMTest is RiskNetwork {
    RMNProxy internal proxy;

    function setUp() public {
        deployRiskNetwork();
        proxy = new RMNProxy(address(rmn));
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        proxy.setARM(address(rmn));
    }

    function test_reverts_when_the_target_has_no_code() public {
        vm.expectRevert(abi.encodeWithSelector(IRMNProxy.NotAContract.selector, stranger));
        proxy.setARM(stranger);

        vm.expectRevert(abi.encodeWithSelector(IRMNProxy.NotAContract.selector, stranger));
        new RMNProxy(stranger);
    }

    function test_what_the_rmn_refuses_the_proxy_refuses_with_the_same_error() public {
        vm.expectRevert(abi.encodeWithSelector(IRMN.OnlyGuardianOrOwner.selector, address(proxy)));
        vm.prank(guardian);
        IRMN(address(proxy)).curse(SOURCE_SUBJECT);
    }

    function test_an_rmn_that_lost_its_code_counts_as_a_curse() public {
        vm.etch(address(rmn), "");

        assertTrue(CurseCheck.isCursed(address(proxy)));
        assertTrue(CurseCheck.isCursed(address(proxy), SOURCE_CHAIN));
    }

    /* EFFECTS */

    function test_answers_as_the_rmn_does() public {
        assertFalse(IRMN(address(proxy)).isCursed(SOURCE_SUBJECT));
        assertFalse(CurseCheck.isCursed(address(proxy), SOURCE_CHAIN));

        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);

        assertTrue(IRMN(address(proxy)).isCursed(SOURCE_SUBJECT));
        assertTrue(CurseCheck.isCursed(address(proxy), SOURCE_CHAIN));
        assertEq(IRMN(address(proxy)).getCursedSubjects().length, 1);
    }

    function test_the_owner_replaces_the_rmn() public {
        RMN other = new RMN(stranger);

        vm.expectEmit(address(proxy));
        emit IRMNProxy.ARMSet(address(other));
        proxy.setARM(address(other));

        assertEq(proxy.getARM(), address(other));
        assertEq(RMN(address(proxy)).guardian(), stranger);
    }
}
