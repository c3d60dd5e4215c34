// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOnRamp} from "../../contracts/interfaces/IOnRamp.sol";
import {IRouter} from "../../contracts/interfaces/IRouter.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract RouterApplyRampUpdatesTest is SourceChain {
    address internal offRamp = makeAddr("off-ramp");
    address internal newOffRamp = makeAddr("new off-ramp");

    function setUp() public {
        deploySourceChain();
    }

    function one(address ramp) internal pure returns (IRouter.OffRamp[] memory ramps) {
        ramps = new IRouter.OffRamp[](1);
        ramps[0] = IRouter.OffRamp(DEST_CHAIN, ramp);
    }

    function none() internal pure returns (IRouter.OffRamp[] memory) {
        return new IRouter.OffRamp[](0);
    }

    function test_reverts_for_anybody_but_the_owner() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        router.applyRampUpdates(new IRouter.OnRamp[](0), none(), none());
    }

    function test_reverts_when_the_off_ramp_to_remove_is_not_there() public {
        vm.expectRevert(abi.encodeWithSelector(IRouter.OffRampMismatch.selector, DEST_CHAIN, offRamp));
        router.applyRampUpdates(new IRouter.OnRamp[](0), one(offRamp), none());
    }

    function test_sets_and_closes_the_way_to_a_chain() public {
        assertFalse(router.isChainSupported(OTHER_CHAIN));

        vm.expectEmit(address(router));
        emit IRouter.OnRampSet(OTHER_CHAIN, stranger);
        setOnRamp(OTHER_CHAIN, stranger);
        assertTrue(router.isChainSupported(OTHER_CHAIN));
        assertEq(router.getOnRamp(OTHER_CHAIN), stranger);

        setOnRamp(OTHER_CHAIN, address(0));
        assertFalse(router.isChainSupported(OTHER_CHAIN));
    }

    function test_keeps_several_off_ramps_of_one_chain() public {
        addOffRamp(DEST_CHAIN, offRamp);
        vm.expectEmit(address(router));
        emit IRouter.OffRampAdded(DEST_CHAIN, newOffRamp);
        addOffRamp(DEST_CHAIN, newOffRamp);

        assertTrue(router.isOffRamp(DEST_CHAIN, offRamp));
        assertTrue(router.isOffRamp(DEST_CHAIN, newOffRamp));
        assertFalse(router.isOffRamp(OTHER_CHAIN, offRamp));
        IRouter.OffRamp[] memory all = router.getOffRamps();
        assertEq(all.length, 2);
        assertEq(all[0].sourceChainSelector, DEST_CHAIN);
        assertEq(all[0].offRamp, offRamp);
        assertEq(all[1].offRamp, newOffRamp);
    }

    function test_removes_before_it_adds() public {
        addOffRamp(DEST_CHAIN, offRamp);

        router.applyRampUpdates(new IRouter.OnRamp[](0), one(offRamp), one(offRamp));

        assertTrue(router.isOffRamp(DEST_CHAIN, offRamp));
        assertEq(router.getOffRamps().length, 1);
    }

    function test_a_removed_off_ramp_is_gone() public {
        addOffRamp(DEST_CHAIN, offRamp);

        vm.expectEmit(address(router));
        emit IRouter.OffRampRemoved(DEST_CHAIN, offRamp);
        router.applyRampUpdates(new IRouter.OnRamp[](0), one(offRamp), none());

        assertFalse(router.isOffRamp(DEST_CHAIN, offRamp));
    }

    function test_adding_twice_changes_nothing() public {
        addOffRamp(DEST_CHAIN, offRamp);
        addOffRamp(DEST_CHAIN, offRamp);

        assertEq(router.getOffRamps().length, 1);
    }

    function test_supported_tokens_moved_to_the_registry() public {
        assertEq(router.getSupportedTokens(OTHER_CHAIN).length, 0);

        vm.expectRevert(IOnRamp.GetSupportedTokensFunctionalityRemovedCheckAdminRegistry.selector);
        router.getSupportedTokens(DEST_CHAIN);
    }
}
