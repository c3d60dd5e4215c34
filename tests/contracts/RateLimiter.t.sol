// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RateLimiter} from "../../contracts/libraries/RateLimiter.sol";
import {Test} from "forge-std/Test.sol";

contract RateLimiterTest is Test {
    using RateLimiter for RateLimiter.TokenBucket;

    address internal constant TOKEN = address(0xBEEF);

    RateLimiter.TokenBucket internal bucket;

    function setUp() public {
        vm.warp(1_700_000_000);
    }

    function configure(bool isEnabled, uint128 capacity, uint128 rate) public {
        bucket.configure(RateLimiter.Config(isEnabled, capacity, rate));
    }

    function consume(uint256 amount) public {
        bucket.consume(amount, TOKEN);
    }

    function level() internal view returns (uint256) {
        return bucket.current().tokens;
    }

    /* FAILURES */

    function test_reverts_when_the_rate_is_above_the_capacity() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                RateLimiter.InvalidRateLimitRate.selector, RateLimiter.Config(true, 10, 11)
            )
        );
        this.configure(true, 10, 11);
    }

    function test_reverts_when_a_disabled_bucket_has_numbers() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                RateLimiter.DisabledNonZeroRateLimit.selector, RateLimiter.Config(false, 1, 0)
            )
        );
        this.configure(false, 1, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                RateLimiter.DisabledNonZeroRateLimit.selector, RateLimiter.Config(false, 0, 1)
            )
        );
        this.configure(false, 0, 1);
    }

    function test_the_wait_is_rounded_up_and_enough() public {
        configure(true, 100, 7);
        consume(100);

        vm.expectRevert(abi.encodeWithSelector(RateLimiter.TokenRateLimitReached.selector, 2, 0, TOKEN));
        this.consume(8);
        skip(2);
        consume(8);
    }

    function test_rate_zero_never_refills_and_never_divides_by_zero() public {
        configure(true, 100, 0);
        consume(100);
        skip(365 days);

        vm.expectRevert(
            abi.encodeWithSelector(RateLimiter.TokenRateLimitReached.selector, type(uint256).max, 0, TOKEN)
        );
        this.consume(1);
    }

    function test_zero_capacity_is_a_full_stop() public {
        configure(true, 0, 0);

        vm.expectRevert(abi.encodeWithSelector(RateLimiter.TokenMaxCapacityExceeded.selector, 0, 1, TOKEN));
        this.consume(1);
    }

    /* CONSUMING */

    function testFuzz_a_disabled_bucket_limits_nothing(uint256 amount) public {
        consume(amount);
    }

    function testFuzz_follows_the_formula(uint128 capacity, uint128 rate, uint128 amount, uint32 elapsed)
        public
    {
        rate = uint128(bound(rate, 0, capacity));
        amount = uint128(bound(amount, 0, capacity));
        configure(true, capacity, rate);
        consume(amount);
        skip(elapsed);

        uint256 refilled = uint256(capacity) - amount + uint256(rate) * elapsed;
        assertEq(level(), refilled > capacity ? capacity : refilled);
    }

    /// @dev Over any stretch of time no more passes than capacity + rate · time.
    function testFuzz_never_lets_more_through_than_promised(
        uint64[16] calldata amounts,
        uint8[16] calldata waits
    ) public {
        configure(true, 1_000, 10);
        uint256 passed;
        uint256 start = block.timestamp;
        for (uint256 i = 0; i < amounts.length; ++i) {
            skip(waits[i]);
            uint256 amount = bound(amounts[i], 0, 1_200);
            try this.consume(amount) {
                passed += amount;
            } catch {}
            assertLe(passed, 1_000 + 10 * (block.timestamp - start));
        }
    }

    function test_says_what_was_consumed() public {
        configure(true, 100, 1);

        vm.expectEmit(address(this));
        emit RateLimiter.TokensConsumed(40);
        consume(40);
        assertEq(level(), 60);
    }

    /* CONFIGURING */

    function testFuzz_starts_full_when_switched_on(uint128 capacity, uint128 rate) public {
        rate = uint128(bound(rate, 0, capacity));

        vm.expectEmit(address(this));
        emit RateLimiter.ConfigChanged(RateLimiter.Config(true, capacity, rate));
        configure(true, capacity, rate);

        assertEq(level(), capacity);
    }

    function testFuzz_a_change_never_raises_the_level(
        uint128 capacity,
        uint128 spent,
        uint128 newCapacity,
        uint128 newRate
    ) public {
        spent = uint128(bound(spent, 0, capacity));
        newRate = uint128(bound(newRate, 0, newCapacity));
        configure(true, capacity, 0);
        consume(spent);
        uint256 before = level();

        configure(true, newCapacity, newRate);

        assertEq(level(), before < newCapacity ? before : newCapacity);
    }

    function test_a_change_counts_the_time_before_it_at_the_old_rate() public {
        configure(true, 100, 1);
        consume(100);
        skip(30);

        configure(true, 200, 50);
        assertEq(level(), 30);
        skip(1);
        assertEq(level(), 80);
    }
}
