// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {AllowList} from "../../contracts/libraries/AllowList.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {RateLimiter} from "../../contracts/libraries/RateLimiter.sol";
import {BurnMintTokenPool} from "../../contracts/pools/BurnMintTokenPool.sol";
import {Pool} from "../../contracts/types/Pool.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {RevertingRMN} from "./mocks/BrokenRiskNetworks.sol";

contract TokenPoolLockOrBurnTest is SourceChain {
    function setUp() public {
        deploySourceChain();
        burnMintToken.mint(address(burnMintPool), 1_000);
        usdc.mint(address(lockReleasePool), 1_000);
    }

    function order(address token, uint256 amount) internal view returns (Pool.LockOrBurnInV1 memory) {
        return Pool.LockOrBurnInV1(abi.encode(receiver), DEST_CHAIN, sender, amount, token);
    }

    function burn(uint256 amount) internal returns (Pool.LockOrBurnOutV1 memory) {
        vm.prank(address(onRamp));
        return burnMintPool.lockOrBurn(order(address(burnMintToken), amount));
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_the_on_ramp(address caller) public {
        vm.assume(caller != address(onRamp));

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.CallerIsNotARampOnRouter.selector, caller));
        vm.prank(caller);
        burnMintPool.lockOrBurn(order(address(burnMintToken), 1));
    }

    function test_reverts_for_another_token() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.InvalidToken.selector, address(usdc)));
        vm.prank(address(onRamp));
        burnMintPool.lockOrBurn(order(address(usdc), 1));
    }

    function test_reverts_when_the_chain_is_not_served() public {
        setOnRamp(OTHER_CHAIN, address(onRamp));
        Pool.LockOrBurnInV1 memory elsewhere = order(address(burnMintToken), 1);
        elsewhere.remoteChainSelector = OTHER_CHAIN;

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.ChainNotAllowed.selector, OTHER_CHAIN));
        vm.prank(address(onRamp));
        burnMintPool.lockOrBurn(elsewhere);
    }

    function test_reverts_when_the_chain_is_cursed() public {
        curse(DEST_CHAIN);
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        burn(1);
    }

    function test_reverts_when_everything_is_cursed() public {
        curseEverything();
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        burn(1);
    }

    function test_reverts_when_the_risk_network_reverts() public {
        rmnProxy.setARM(address(new RevertingRMN()));
        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        burn(1);
    }

    function test_reverts_when_the_sender_is_not_on_the_list() public {
        address[] memory allowed = new address[](1);
        allowed[0] = stranger;
        burnMintPool =
            new BurnMintTokenPool(address(burnMintToken), 18, allowed, address(rmnProxy), address(router));
        addChain(burnMintPool, DEST_CHAIN);

        vm.expectRevert(abi.encodeWithSelector(AllowList.SenderNotAllowed.selector, sender));
        burn(1);
    }

    function test_reverts_above_the_outbound_limit() public {
        burnMintPool.setChainRateLimiterConfig(DEST_CHAIN, RateLimiter.Config(true, 100, 10), off());
        burn(60);

        vm.expectRevert(
            abi.encodeWithSelector(
                RateLimiter.TokenMaxCapacityExceeded.selector, 100, 101, address(burnMintToken)
            )
        );
        burn(101);
        vm.expectRevert(
            abi.encodeWithSelector(RateLimiter.TokenRateLimitReached.selector, 2, 40, address(burnMintToken))
        );
        burn(60);

        skip(2);
        burn(60);
    }

    /* EFFECTS */

    function test_burns_what_it_holds_and_says_so() public {
        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.Burned(address(onRamp), 400);
        Pool.LockOrBurnOutV1 memory out = burn(400);

        assertEq(burnMintToken.balanceOf(address(burnMintPool)), 600);
        assertEq(out.destTokenAddress, abi.encode(remoteToken));
        assertEq(out.destPoolData, abi.encode(uint8(18)));
    }

    function test_locks_by_keeping_and_says_so() public {
        vm.expectEmit(address(lockReleasePool));
        emit ITokenPool.Locked(address(onRamp), 400);
        vm.prank(address(onRamp));
        Pool.LockOrBurnOutV1 memory out = lockReleasePool.lockOrBurn(order(address(usdc), 400));

        assertEq(usdc.balanceOf(address(lockReleasePool)), 1_000);
        assertEq(out.destPoolData, abi.encode(uint8(6)));
    }

    function test_follows_the_router_to_a_new_on_ramp() public {
        setOnRamp(DEST_CHAIN, stranger);

        vm.prank(stranger);
        burnMintPool.lockOrBurn(order(address(burnMintToken), 1));
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.CallerIsNotARampOnRouter.selector, address(onRamp)));
        burn(1);
    }
}
