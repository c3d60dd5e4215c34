// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IPoolV1} from "../../contracts/interfaces/IPoolV1.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {AllowList} from "../../contracts/libraries/AllowList.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {RateLimiter} from "../../contracts/libraries/RateLimiter.sol";
import {BurnMintTokenPool} from "../../contracts/pools/BurnMintTokenPool.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Which chains, pools and senders a pool knows.
contract TokenPoolApplyChainUpdatesTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function removeDest() internal {
        uint64[] memory removes = new uint64[](1);
        removes[0] = DEST_CHAIN;
        burnMintPool.applyChainUpdates(removes, new ITokenPool.ChainUpdate[](0));
    }

    function add(ITokenPool.ChainUpdate memory update) internal {
        ITokenPool.ChainUpdate[] memory adds = new ITokenPool.ChainUpdate[](1);
        adds[0] = update;
        burnMintPool.applyChainUpdates(new uint64[](0), adds);
    }

    function newPool(address token, uint8 decimals) internal returns (BurnMintTokenPool) {
        return new BurnMintTokenPool(token, decimals, new address[](0), address(rmnProxy), address(router));
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        vm.startPrank(stranger);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
        vm.expectRevert(refusal);
        removeDest();
        vm.expectRevert(refusal);
        burnMintPool.addRemotePool(DEST_CHAIN, "x");
        vm.expectRevert(refusal);
        burnMintPool.removeRemotePool(DEST_CHAIN, abi.encode(remotePool));
        vm.expectRevert(refusal);
        burnMintPool.setRouter(stranger);
        vm.expectRevert(refusal);
        burnMintPool.setRateLimitAdmin(stranger);
        vm.expectRevert(refusal);
        burnMintPool.applyAllowListUpdates(new address[](0), new address[](0));
    }

    function test_reverts_when_the_chain_to_remove_is_not_there() public {
        removeDest();

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.NonExistentChain.selector, DEST_CHAIN));
        removeDest();
    }

    function test_reverts_when_the_chain_to_add_is_there() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.ChainAlreadyExists.selector, DEST_CHAIN));
        add(chainUpdate(DEST_CHAIN));
    }

    function test_reverts_without_a_remote_token_or_pool() public {
        ITokenPool.ChainUpdate memory update = chainUpdate(OTHER_CHAIN);
        update.remoteTokenAddress = "";
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        add(update);

        update = chainUpdate(OTHER_CHAIN);
        update.remotePoolAddresses[0] = "";
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        add(update);
    }

    function test_reverts_when_a_remote_pool_is_repeated_or_unknown() public {
        vm.expectRevert(
            abi.encodeWithSelector(ITokenPool.PoolAlreadyAdded.selector, DEST_CHAIN, abi.encode(remotePool))
        );
        burnMintPool.addRemotePool(DEST_CHAIN, abi.encode(remotePool));
        vm.expectRevert(
            abi.encodeWithSelector(ITokenPool.InvalidRemotePoolForChain.selector, DEST_CHAIN, abi.encode(1))
        );
        burnMintPool.removeRemotePool(DEST_CHAIN, abi.encode(1));
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.NonExistentChain.selector, OTHER_CHAIN));
        burnMintPool.addRemotePool(OTHER_CHAIN, abi.encode(remotePool));
    }

    function test_reverts_when_deployed_with_other_decimals_than_the_token() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.InvalidDecimalArgs.selector, 18, 6));
        newPool(address(usdc), 18);
    }

    function test_reverts_when_deployed_with_a_zero_address() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        newPool(address(0), 18);
    }

    /* EFFECTS */

    function test_adds_a_chain() public {
        ITokenPool.ChainUpdate memory update = chainUpdate(OTHER_CHAIN);
        update.outboundRateLimiterConfig = RateLimiter.Config(true, 10, 1);

        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.RemotePoolAdded(OTHER_CHAIN, abi.encode(remotePool));
        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.ChainAdded(
            OTHER_CHAIN, abi.encode(remoteToken), update.outboundRateLimiterConfig, off()
        );
        add(update);

        assertTrue(burnMintPool.isSupportedChain(OTHER_CHAIN));
        assertEq(burnMintPool.getSupportedChains().length, 2);
        assertEq(burnMintPool.getRemoteToken(OTHER_CHAIN), abi.encode(remoteToken));
        assertTrue(burnMintPool.isRemotePool(OTHER_CHAIN, abi.encode(remotePool)));
        assertEq(burnMintPool.getCurrentOutboundRateLimiterState(OTHER_CHAIN).tokens, 10);
    }

    function test_a_removed_chain_leaves_nothing_behind() public {
        burnMintPool.setChainRateLimiterConfig(DEST_CHAIN, RateLimiter.Config(true, 10, 1), off());

        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.ChainRemoved(DEST_CHAIN);
        removeDest();

        assertFalse(burnMintPool.isSupportedChain(DEST_CHAIN));
        assertEq(burnMintPool.getRemotePools(DEST_CHAIN).length, 0);
        assertEq(burnMintPool.getRemoteToken(DEST_CHAIN), "");
        assertFalse(burnMintPool.getCurrentOutboundRateLimiterState(DEST_CHAIN).isEnabled);

        add(chainUpdate(DEST_CHAIN));
        assertEq(burnMintPool.getRemotePools(DEST_CHAIN).length, 1);
    }

    function test_keeps_several_remote_pools() public {
        burnMintPool.addRemotePool(DEST_CHAIN, abi.encode(stranger));

        bytes[] memory pools = burnMintPool.getRemotePools(DEST_CHAIN);
        assertEq(pools.length, 2);
        assertEq(pools[1], abi.encode(stranger));

        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.RemotePoolRemoved(DEST_CHAIN, abi.encode(stranger));
        burnMintPool.removeRemotePool(DEST_CHAIN, abi.encode(stranger));
        assertFalse(burnMintPool.isRemotePool(DEST_CHAIN, abi.encode(stranger)));
    }

    function test_changes_the_router() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        burnMintPool.setRouter(address(0));

        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.RouterUpdated(address(router), stranger);
        burnMintPool.setRouter(stranger);
        assertEq(burnMintPool.getRouter(), stranger);
    }

    function test_an_allow_list_exists_from_the_start_or_never() public {
        vm.expectRevert(ITokenPool.AllowListNotEnabled.selector);
        burnMintPool.applyAllowListUpdates(new address[](0), new address[](0));
        assertFalse(burnMintPool.getAllowListEnabled());

        address[] memory first = new address[](1);
        first[0] = sender;
        BurnMintTokenPool listed =
            new BurnMintTokenPool(address(burnMintToken), 18, first, address(rmnProxy), address(router));
        assertTrue(listed.getAllowListEnabled());
        assertEq(listed.getAllowList(), first);

        vm.expectEmit(address(listed));
        emit AllowList.AllowListRemove(sender);
        listed.applyAllowListUpdates(first, new address[](0));
        assertEq(listed.getAllowList().length, 0);
        assertTrue(listed.getAllowListEnabled());
    }

    function test_says_what_it_is() public view {
        assertEq(burnMintPool.typeAndVersion(), "BurnMintTokenPool 1.5.1");
        assertEq(lockReleasePool.typeAndVersion(), "LockReleaseTokenPool 1.5.1");
        assertEq(burnMintPool.getToken(), address(burnMintToken));
        assertEq(burnMintPool.getTokenDecimals(), 18);
        assertEq(burnMintPool.getRmnProxy(), address(rmnProxy));
        assertTrue(burnMintPool.supportsInterface(0xaff2afbf));
        assertTrue(burnMintPool.supportsInterface(0x0e64dd29));
        assertTrue(burnMintPool.supportsInterface(0x01ffc9a7));
        assertFalse(burnMintPool.supportsInterface(0xffffffff));
        assertEq(type(IPoolV1).interfaceId, bytes4(0x0e64dd29));
    }
}
