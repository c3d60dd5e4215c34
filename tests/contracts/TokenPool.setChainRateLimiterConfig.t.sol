// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {RateLimiter} from "../../contracts/libraries/RateLimiter.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract TokenPoolSetChainRateLimiterConfigTest is SourceChain {
    address internal limiter = makeAddr("limiter");

    function setUp() public {
        deploySourceChain();
        burnMintPool.setRateLimitAdmin(limiter);
    }

    function on(uint128 capacity, uint128 rate) internal pure returns (RateLimiter.Config memory) {
        return RateLimiter.Config(true, capacity, rate);
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_without_the_role(address caller) public {
        vm.assume(caller != limiter && caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.Unauthorized.selector, caller));
        vm.prank(caller);
        burnMintPool.setChainRateLimiterConfig(DEST_CHAIN, off(), off());
    }

    function test_reverts_when_the_chain_is_not_served() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.NonExistentChain.selector, OTHER_CHAIN));
        burnMintPool.setChainRateLimiterConfig(OTHER_CHAIN, off(), off());
    }

    function test_reverts_when_the_lists_differ_in_length() public {
        vm.expectRevert(ITokenPool.MismatchedArrayLengths.selector);
        burnMintPool.setChainRateLimiterConfigs(
            new uint64[](1), new RateLimiter.Config[](1), new RateLimiter.Config[](2)
        );
        vm.expectRevert(ITokenPool.MismatchedArrayLengths.selector);
        burnMintPool.setChainRateLimiterConfigs(
            new uint64[](1), new RateLimiter.Config[](2), new RateLimiter.Config[](1)
        );
    }

    /* EFFECTS */

    function test_the_admin_limits_both_directions() public {
        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.ChainConfigured(DEST_CHAIN, on(10, 1), on(20, 2));
        vm.prank(limiter);
        burnMintPool.setChainRateLimiterConfig(DEST_CHAIN, on(10, 1), on(20, 2));

        assertEq(burnMintPool.getCurrentOutboundRateLimiterState(DEST_CHAIN).tokens, 10);
        assertEq(burnMintPool.getCurrentInboundRateLimiterState(DEST_CHAIN).tokens, 20);
        assertEq(burnMintPool.getRateLimitAdmin(), limiter);
    }

    function test_limits_several_chains_at_once() public {
        addChain(burnMintPool, OTHER_CHAIN);
        uint64[] memory chains = new uint64[](2);
        (chains[0], chains[1]) = (DEST_CHAIN, OTHER_CHAIN);
        RateLimiter.Config[] memory outbound = new RateLimiter.Config[](2);
        (outbound[0], outbound[1]) = (on(10, 1), on(20, 1));

        burnMintPool.setChainRateLimiterConfigs(chains, outbound, new RateLimiter.Config[](2));

        assertEq(burnMintPool.getCurrentOutboundRateLimiterState(DEST_CHAIN).capacity, 10);
        assertEq(burnMintPool.getCurrentOutboundRateLimiterState(OTHER_CHAIN).capacity, 20);
    }
}
