// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ITokenAdminRegistry} from "../../contracts/interfaces/ITokenAdminRegistry.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract TokenAdminRegistrySetPoolTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_the_administrator(address caller) public {
        vm.assume(caller != address(this));

        vm.expectRevert(
            abi.encodeWithSelector(ITokenAdminRegistry.OnlyAdministrator.selector, caller, address(usdc))
        );
        vm.prank(caller);
        registry.setPool(address(usdc), address(0));
    }

    function test_nobody_administers_an_unregistered_token() public {
        assertFalse(registry.isAdministrator(address(link), address(0)));

        vm.expectRevert(
            abi.encodeWithSelector(ITokenAdminRegistry.OnlyAdministrator.selector, address(0), address(link))
        );
        vm.prank(address(0));
        registry.setPool(address(link), address(0));
    }

    function test_reverts_when_the_pool_serves_another_token() public {
        vm.expectRevert(
            abi.encodeWithSelector(ITokenAdminRegistry.InvalidTokenPoolToken.selector, address(usdc))
        );
        registry.setPool(address(usdc), address(burnMintPool));
    }

    /* EFFECTS */

    function test_sets_changes_and_removes_the_pool() public {
        vm.expectEmit(address(registry));
        emit ITokenAdminRegistry.PoolSet(address(usdc), address(lockReleasePool), address(0));
        registry.setPool(address(usdc), address(0));
        assertEq(registry.getPool(address(usdc)), address(0));
        assertEq(registry.getAllConfiguredTokens(0, 10).length, 1);

        registry.setPool(address(usdc), address(lockReleasePool));
        assertEq(registry.getPool(address(usdc)), address(lockReleasePool));
        assertEq(registry.getAllConfiguredTokens(0, 10).length, 2);
    }

    function test_reads_many_pools() public view {
        address[] memory tokens = new address[](3);
        (tokens[0], tokens[1], tokens[2]) = (address(usdc), address(link), address(burnMintToken));

        address[] memory pools = registry.getPools(tokens);
        assertEq(pools[0], address(lockReleasePool));
        assertEq(pools[1], address(0));
        assertEq(pools[2], address(burnMintPool));
    }

    function testFuzz_pages_cover_everything_once(uint64 start, uint64 count) public view {
        address[] memory all = registry.getAllConfiguredTokens(0, type(uint64).max);
        assertEq(all.length, 2);

        address[] memory page = registry.getAllConfiguredTokens(start, count);
        uint256 left = start >= all.length ? 0 : all.length - start;
        assertEq(page.length, left < count ? left : count);
        for (uint256 i = 0; i < page.length; ++i) {
            assertEq(page[i], all[start + i]);
        }
    }

    function test_reads_the_whole_config() public view {
        ITokenAdminRegistry.TokenConfig memory config = registry.getTokenConfig(address(usdc));
        assertEq(config.administrator, address(this));
        assertEq(config.pendingAdministrator, address(0));
        assertEq(config.tokenPool, address(lockReleasePool));
        assertEq(registry.typeAndVersion(), "TokenAdminRegistry 1.5.0");
    }
}
