// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ILockReleaseTokenPool} from "../../contracts/interfaces/ILockReleaseTokenPool.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {CurseCheck} from "../../contracts/libraries/CurseCheck.sol";
import {RateLimiter} from "../../contracts/libraries/RateLimiter.sol";
import {Pool} from "../../contracts/types/Pool.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract TokenPoolReleaseOrMintTest is SourceChain {
    address internal offRamp = makeAddr("off-ramp");

    function setUp() public {
        deploySourceChain();
        addOffRamp(DEST_CHAIN, offRamp);
    }

    function order(address token, uint256 amount, bytes memory poolData)
        internal
        view
        returns (Pool.ReleaseOrMintInV1 memory)
    {
        return Pool.ReleaseOrMintInV1({
            originalSender: abi.encode(sender),
            remoteChainSelector: DEST_CHAIN,
            receiver: receiver,
            amount: amount,
            localToken: token,
            sourcePoolAddress: abi.encode(remotePool),
            sourcePoolData: poolData,
            offchainTokenData: ""
        });
    }

    function mint(uint256 amount, bytes memory poolData) internal returns (uint256) {
        vm.prank(offRamp);
        return burnMintPool.releaseOrMint(order(address(burnMintToken), amount, poolData)).destinationAmount;
    }

    function release(uint256 amount, bytes memory poolData) internal returns (uint256) {
        vm.prank(offRamp);
        return lockReleasePool.releaseOrMint(order(address(usdc), amount, poolData)).destinationAmount;
    }

    /* FAILURES */

    function testFuzz_reverts_for_anybody_but_an_off_ramp(address caller) public {
        vm.assume(caller != offRamp);

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.CallerIsNotARampOnRouter.selector, caller));
        vm.prank(caller);
        burnMintPool.releaseOrMint(order(address(burnMintToken), 1, ""));
    }

    function test_reverts_for_another_token() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.InvalidToken.selector, address(usdc)));
        vm.prank(offRamp);
        burnMintPool.releaseOrMint(order(address(usdc), 1, ""));
    }

    function test_reverts_when_cursed() public {
        curse(DEST_CHAIN);

        vm.expectRevert(CurseCheck.CursedByRMN.selector);
        mint(1, "");
    }

    function test_reverts_when_the_chain_is_not_served() public {
        addOffRamp(OTHER_CHAIN, offRamp);
        Pool.ReleaseOrMintInV1 memory elsewhere = order(address(burnMintToken), 1, "");
        elsewhere.remoteChainSelector = OTHER_CHAIN;

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.ChainNotAllowed.selector, OTHER_CHAIN));
        vm.prank(offRamp);
        burnMintPool.releaseOrMint(elsewhere);
    }

    function testFuzz_reverts_when_the_source_pool_is_not_registered(bytes calldata pool) public {
        vm.assume(keccak256(pool) != keccak256(abi.encode(remotePool)));
        Pool.ReleaseOrMintInV1 memory forged = order(address(burnMintToken), 1, "");
        forged.sourcePoolAddress = pool;

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.InvalidSourcePoolAddress.selector, pool));
        vm.prank(offRamp);
        burnMintPool.releaseOrMint(forged);
    }

    function test_reverts_when_the_decimals_are_malformed() public {
        bytes[3] memory malformed =
            [abi.encodePacked(uint8(18)), abi.encode(uint256(256)), abi.encode(uint256(18), uint256(0))];
        for (uint256 i = 0; i < malformed.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ITokenPool.InvalidRemoteChainDecimals.selector, malformed[i])
            );
            mint(1, malformed[i]);
        }
    }

    function test_reverts_when_the_amount_does_not_fit() public {
        uint256 largest = type(uint256).max / 1e12;

        vm.expectRevert(abi.encodeWithSelector(ITokenPool.OverflowDetected.selector, 6, 18, largest + 1));
        mint(largest + 1, abi.encode(uint8(6)));
    }

    function test_reverts_when_the_decimals_are_too_far_apart() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenPool.OverflowDetected.selector, 96, 18, 1));
        mint(1, abi.encode(uint8(96)));
    }

    function test_reverts_without_liquidity() public {
        usdc.mint(address(lockReleasePool), 5);

        vm.expectRevert(ILockReleaseTokenPool.InsufficientLiquidity.selector);
        release(6, "");
    }

    function test_the_inbound_limit_counts_local_units() public {
        usdc.mint(address(lockReleasePool), 1_000e6);
        lockReleasePool.setChainRateLimiterConfig(DEST_CHAIN, off(), RateLimiter.Config(true, 100e6, 1e6));

        release(100e18, abi.encode(uint8(18))); // 100 USDC from a chain with 18 decimals
        vm.expectRevert(
            abi.encodeWithSelector(RateLimiter.TokenRateLimitReached.selector, 3, 0, address(usdc))
        );
        release(3e18, abi.encode(uint8(18)));

        skip(3);
        release(3e18, abi.encode(uint8(18)));
    }

    /* EFFECTS */

    function test_mints_to_the_receiver() public {
        vm.expectEmit(address(burnMintPool));
        emit ITokenPool.Minted(offRamp, receiver, 7e18);
        uint256 amount = mint(7e18, abi.encode(uint8(18)));

        assertEq(amount, 7e18);
        assertEq(burnMintToken.balanceOf(receiver), 7e18);
    }

    function test_releases_to_the_receiver() public {
        usdc.mint(address(lockReleasePool), 5e6);

        vm.expectEmit(address(lockReleasePool));
        emit ITokenPool.Released(offRamp, receiver, 5e6);
        release(5e6, abi.encode(uint8(6)));

        assertEq(usdc.balanceOf(receiver), 5e6);
        assertEq(usdc.balanceOf(address(lockReleasePool)), 0);
    }

    function test_no_pool_data_means_the_same_decimals() public {
        assertEq(mint(12345, ""), 12345);
    }

    function testFuzz_converts_rounding_down(uint256 amount, uint8 remoteDecimals) public {
        remoteDecimals = uint8(bound(remoteDecimals, 0, 40));
        amount = bound(amount, 0, 1e40);

        uint256 minted = mint(amount, abi.encode(remoteDecimals));

        // minted / 1e18 ≤ amount / 10^remoteDecimals, by less than one smallest unit
        assertLe(minted * 10 ** remoteDecimals, amount * 1e18);
        assertGt((minted + 1) * 10 ** remoteDecimals, amount * 1e18);
        assertEq(burnMintToken.balanceOf(receiver), minted);
    }

    function test_an_old_and_a_new_remote_pool_both_count_until_one_is_removed() public {
        burnMintPool.addRemotePool(DEST_CHAIN, abi.encode(stranger));
        Pool.ReleaseOrMintInV1 memory fromNew = order(address(burnMintToken), 1, "");
        fromNew.sourcePoolAddress = abi.encode(stranger);
        mint(1, "");
        vm.prank(offRamp);
        burnMintPool.releaseOrMint(fromNew);

        burnMintPool.removeRemotePool(DEST_CHAIN, abi.encode(remotePool));

        vm.expectRevert(
            abi.encodeWithSelector(ITokenPool.InvalidSourcePoolAddress.selector, abi.encode(remotePool))
        );
        mint(1, "");
        vm.prank(offRamp);
        burnMintPool.releaseOrMint(fromNew);
    }
}
