// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockReleaseTokenPool} from "../../contracts/interfaces/ILockReleaseTokenPool.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {LockReleaseTokenPool} from "../../contracts/pools/LockReleaseTokenPool.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract LockReleaseTokenPoolLiquidityTest is SourceChain {
    address internal rebalancer = makeAddr("rebalancer");

    function setUp() public {
        deploySourceChain();
        lockReleasePool.setRebalancer(rebalancer);
        usdc.mint(rebalancer, 100);
        vm.prank(rebalancer);
        usdc.approve(address(lockReleasePool), 100);
    }

    function deployPool(bool acceptLiquidity) internal returns (LockReleaseTokenPool) {
        return new LockReleaseTokenPool(
            address(usdc), 6, new address[](0), address(rmnProxy), acceptLiquidity, address(router)
        );
    }

    function provide(uint256 amount) internal {
        vm.prank(rebalancer);
        lockReleasePool.provideLiquidity(amount);
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_the_rebalancer(address caller) public {
        vm.assume(caller != rebalancer);

        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.Unauthorized.selector, caller));
        lockReleasePool.provideLiquidity(1);
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.Unauthorized.selector, caller));
        lockReleasePool.withdrawLiquidity(1);
    }

    function test_only_the_owner_names_the_rebalancer_and_moves_liquidity() public {
        vm.startPrank(rebalancer);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, rebalancer));
        lockReleasePool.setRebalancer(rebalancer);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, rebalancer));
        lockReleasePool.transferLiquidity(rebalancer, 1);
    }

    function test_reverts_when_the_pool_takes_no_liquidity() public {
        LockReleaseTokenPool closed = deployPool(false);
        closed.setRebalancer(rebalancer);
        assertFalse(closed.canAcceptLiquidity());

        vm.expectRevert(ILockReleaseTokenPool.LiquidityNotAccepted.selector);
        vm.prank(rebalancer);
        closed.provideLiquidity(1);
    }

    function test_reverts_when_there_is_less_than_asked() public {
        provide(100);

        vm.expectRevert(ILockReleaseTokenPool.InsufficientLiquidity.selector);
        vm.prank(rebalancer);
        lockReleasePool.withdrawLiquidity(101);
    }

    function test_a_successor_must_be_the_rebalancer() public {
        LockReleaseTokenPool successor = deployPool(true);

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.Unauthorized.selector, address(successor)));
        successor.transferLiquidity(address(lockReleasePool), 1);
    }

    /* EFFECTS */

    function test_takes_and_gives_back() public {
        vm.expectEmit(address(lockReleasePool));
        emit ILockReleaseTokenPool.LiquidityAdded(rebalancer, 100);
        provide(100);
        assertEq(usdc.balanceOf(address(lockReleasePool)), 100);

        vm.expectEmit(address(lockReleasePool));
        emit ILockReleaseTokenPool.LiquidityRemoved(rebalancer, 60);
        vm.prank(rebalancer);
        lockReleasePool.withdrawLiquidity(60);
        assertEq(usdc.balanceOf(rebalancer), 60);
    }

    function test_a_successor_takes_over() public {
        provide(100);
        LockReleaseTokenPool successor = deployPool(true);
        vm.expectEmit(address(lockReleasePool));
        emit ILockReleaseTokenPool.RebalancerSet(rebalancer, address(successor));
        lockReleasePool.setRebalancer(address(successor));

        vm.expectEmit(address(successor));
        emit ILockReleaseTokenPool.LiquidityTransferred(address(lockReleasePool), 100);
        successor.transferLiquidity(address(lockReleasePool), 100);

        assertEq(usdc.balanceOf(address(successor)), 100);
        assertEq(lockReleasePool.getRebalancer(), address(successor));
    }
}
