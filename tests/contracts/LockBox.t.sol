// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockBox} from "../../contracts/interfaces/ILockBox.sol";
import {ILockReleaseTokenPool} from "../../contracts/interfaces/ILockReleaseTokenPool.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {LockBox} from "../../contracts/pools/LockBox.sol";
import {LockBoxTokenPool} from "../../contracts/pools/LockBoxTokenPool.sol";
import {Pool} from "../../contracts/types/Pool.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice A lock box, the pool in front of it, and the pool that takes its place.
contract LockBoxTest is SourceChain {
    address internal rebalancer = makeAddr("rebalancer");
    address internal offRamp = makeAddr("off-ramp");
    LockBox internal box;
    LockBoxTokenPool internal pool;

    function setUp() public {
        deploySourceChain();
        addOffRamp(DEST_CHAIN, offRamp);
        box = new LockBox(address(usdc));
        pool = aPool();
        list(new address[](0), only(address(pool)));
        box.setRebalancer(rebalancer);
        registry.setPool(address(usdc), address(pool));
    }

    function aPool() internal returns (LockBoxTokenPool made) {
        made = new LockBoxTokenPool(
            address(usdc), 6, new address[](0), address(rmnProxy), address(router), address(box)
        );
        addChain(made, DEST_CHAIN);
    }

    function only(address account) internal pure returns (address[] memory one) {
        one = new address[](1);
        one[0] = account;
    }

    function list(address[] memory removes, address[] memory adds) internal {
        box.applyPoolUpdates(removes, adds);
    }

    /// @dev As the OffRamp asks the pool for what the remote pool sent.
    function releaseThrough(LockBoxTokenPool which, uint256 amount) internal {
        Pool.ReleaseOrMintInV1 memory order;
        order.remoteChainSelector = DEST_CHAIN;
        order.receiver = receiver;
        order.amount = amount;
        order.localToken = address(usdc);
        order.sourcePoolAddress = abi.encode(remotePool);
        vm.prank(offRamp);
        which.releaseOrMint(order);
    }

    /* FAILURES */

    // INV-BOX-1
    function testFuzz_reverts_for_anybody_but_a_listed_pool(address caller) public {
        vm.assume(caller != address(pool));
        usdc.mint(address(box), 1e6);

        vm.expectRevert(abi.encodeWithSelector(ILockBox.NotAListedPool.selector, caller));
        vm.prank(caller);
        box.release(caller, 1);
    }

    function test_reverts_for_a_pool_that_was_taken_off_the_list() public {
        usdc.mint(address(box), 1e6);
        list(only(address(pool)), new address[](0));

        vm.expectRevert(abi.encodeWithSelector(ILockBox.NotAListedPool.selector, address(pool)));
        releaseThrough(pool, 1);
    }

    function test_reverts_when_less_is_locked() public {
        usdc.mint(address(box), 5);

        vm.expectRevert(ILockReleaseTokenPool.InsufficientLiquidity.selector);
        releaseThrough(pool, 6);
        vm.expectRevert(ILockReleaseTokenPool.InsufficientLiquidity.selector);
        vm.prank(rebalancer);
        box.withdrawLiquidity(6);
    }

    function testFuzz_reverts_for_anybody_but_the_rebalancer(address caller) public {
        vm.assume(caller != rebalancer);
        bytes memory refusal = abi.encodeWithSelector(ITokenPool.Unauthorized.selector, caller);

        vm.startPrank(caller);
        vm.expectRevert(refusal);
        box.provideLiquidity(1);
        vm.expectRevert(refusal);
        box.withdrawLiquidity(1);
    }

    function testFuzz_reverts_for_anybody_but_the_owner(address caller) public {
        vm.assume(caller != address(this));
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);

        vm.startPrank(caller);
        vm.expectRevert(refusal);
        box.applyPoolUpdates(new address[](0), only(caller));
        vm.expectRevert(refusal);
        box.setRebalancer(caller);
    }

    function test_reverts_when_an_address_is_zero() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        new LockBox(address(0));
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        list(new address[](0), only(address(0)));
    }

    function test_reverts_when_the_box_is_another_tokens() public {
        LockBox other = new LockBox(address(link));

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.InvalidToken.selector, address(usdc)));
        new LockBoxTokenPool(
            address(usdc), 6, new address[](0), address(rmnProxy), address(router), address(other)
        );
    }

    /* EFFECTS */

    function test_what_is_sent_is_locked_in_the_box() public {
        send(aTransfer(address(usdc), 5e6));

        assertEq(usdc.balanceOf(address(box)), 5e6);
        assertEq(usdc.balanceOf(address(pool)), 0);
    }

    function test_what_arrives_comes_out_of_the_box() public {
        send(aTransfer(address(usdc), 5e6));

        vm.expectEmit(address(pool));
        emit ITokenPool.Released(offRamp, receiver, 2e6);
        releaseThrough(pool, 2e6);

        assertEq(usdc.balanceOf(receiver), 2e6);
        assertEq(usdc.balanceOf(address(box)), 3e6);
    }

    /// @dev The point of the box: no funds move, and what is under way through the old pool still arrives.
    // INV-BOX-2
    function test_a_pool_is_replaced_without_moving_funds() public {
        send(aTransfer(address(usdc), 5e6));
        LockBoxTokenPool successor = aPool();

        vm.expectEmit(address(box));
        emit ILockBox.PoolListed(address(successor));
        list(new address[](0), only(address(successor)));
        registry.setPool(address(usdc), address(successor));
        assertEq(box.getPools().length, 2);
        releaseThrough(pool, 1e6);
        releaseThrough(successor, 1e6);
        send(aTransfer(address(usdc), 2e6));
        assertEq(usdc.balanceOf(address(box)), 5e6);

        vm.expectEmit(address(box));
        emit ILockBox.PoolUnlisted(address(pool));
        list(only(address(pool)), new address[](0));
        releaseThrough(successor, 5e6);

        assertEq(usdc.balanceOf(address(box)), 0);
        assertEq(usdc.balanceOf(receiver), 7e6);
    }

    function test_the_rebalancer_tops_up_and_takes_out() public {
        usdc.mint(rebalancer, 10e6);
        vm.startPrank(rebalancer);
        usdc.approve(address(box), 10e6);

        vm.expectEmit(address(box));
        emit ILockReleaseTokenPool.LiquidityAdded(rebalancer, 10e6);
        box.provideLiquidity(10e6);
        vm.expectEmit(address(box));
        emit ILockReleaseTokenPool.LiquidityRemoved(rebalancer, 4e6);
        box.withdrawLiquidity(4e6);

        assertEq(usdc.balanceOf(address(box)), 6e6);
        assertEq(usdc.balanceOf(rebalancer), 4e6);
    }

    function test_says_whose_it_is() public {
        vm.expectEmit(address(box));
        emit ILockReleaseTokenPool.RebalancerSet(rebalancer, stranger);
        box.setRebalancer(stranger);

        assertEq(box.getRebalancer(), stranger);
        assertEq(box.getToken(), address(usdc));
        assertEq(address(pool.lockBox()), address(box));
        assertEq(pool.typeAndVersion(), "LockBoxTokenPool 1.0.0");
        assertEq(box.typeAndVersion(), "ERC20LockBox 1.0.0");
    }
}
