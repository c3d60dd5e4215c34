// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {CommitStore} from "../../contracts/CommitStore.sol";
import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";

contract CommitStorePauseTest is DestinationChain {
    function test_only_the_owner_pauses_and_unpauses() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        commitStore.pause();

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        commitStore.unpause();
    }

    function test_pausing_and_unpausing_is_announced() public {
        vm.expectEmit(address(commitStore));
        emit ICommitStore.Paused(address(this));
        commitStore.pause();
        assertTrue(commitStore.paused());
        assertFalse(commitStore.isUnpausedAndNotCursed());

        vm.expectEmit(address(commitStore));
        emit ICommitStore.Unpaused(address(this));
        commitStore.unpause();
        assertTrue(commitStore.isUnpausedAndNotCursed());
    }

    function test_a_curse_shows_beside_the_pause() public {
        vm.prank(guardian);
        rmn.curse(GLOBAL_SUBJECT);

        assertFalse(commitStore.isUnpausedAndNotCursed());
    }

    function test_the_constructor_refuses_what_is_missing() public {
        for (uint256 i = 0; i < 4; ++i) {
            ICommitStore.StaticConfig memory config = storeConfig();
            if (i == 0) config.chainSelector = 0;
            if (i == 1) config.sourceChainSelector = 0;
            if (i == 2) config.onRamp = address(0);
            if (i == 3) config.rmnProxy = address(0);

            vm.expectRevert(ICommitStore.InvalidCommitStoreConfig.selector);
            new CommitStore(config);
        }
    }

    function test_tells_what_it_serves() public view {
        assertEq(commitStore.typeAndVersion(), "CommitStore 1.5.0");
        assertEq(abi.encode(commitStore.getStaticConfig()), abi.encode(storeConfig()));
        assertEq(commitStore.getDynamicConfig().priceRegistry, address(prices));
    }
}
