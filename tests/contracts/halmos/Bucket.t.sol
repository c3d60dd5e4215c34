// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RateLimiter} from "../../../contracts/libraries/RateLimiter.sol";

interface Time {
    function warp(uint256 timestamp) external;
    function assume(bool condition) external pure;
}

/// @notice One step of a token bucket, from every state it can be in and after any time: S10.
contract BucketProof {
    using RateLimiter for RateLimiter.TokenBucket;

    Time private constant VM = Time(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint32 private constant START = 1_700_000_000;

    RateLimiter.TokenBucket private _bucket;

    function consume(uint256 amount) external {
        _bucket.consume(amount, address(0));
    }

    function configure(RateLimiter.Config calldata config) external {
        _bucket.configure(config);
    }

    function _place(uint128 level, uint128 capacity, uint128 rate, uint32 elapsed) private {
        VM.assume(level <= capacity && rate <= capacity);
        _bucket = RateLimiter.TokenBucket(level, START, true, capacity, rate);
        VM.warp(uint256(START) + elapsed);
    }

    /// @dev Passes if and only if it is there; then exactly that is gone, and the level never exceeds the brim.
    function check_consume(uint128 level, uint128 capacity, uint128 rate, uint32 elapsed, uint256 amount)
        public
    {
        _place(level, capacity, rate, elapsed);
        uint256 refilled = uint256(level) + uint256(elapsed) * rate;
        uint256 available = refilled < capacity ? refilled : capacity;

        try this.consume(amount) {
            assert(amount <= available);
            if (amount != 0) assert(_bucket.tokens == available - amount);
            assert(_bucket.tokens <= capacity);
        } catch {
            assert(amount > available);
        }
    }

    /// @dev No change of an enabled bucket's configuration raises its level.
    function check_configure(
        uint128 level,
        uint128 capacity,
        uint128 rate,
        uint32 elapsed,
        uint128 next,
        uint128 pace
    ) public {
        _place(level, capacity, rate, elapsed);
        uint256 refilled = uint256(level) + uint256(elapsed) * rate;
        uint256 available = refilled < capacity ? refilled : capacity;

        try this.configure(RateLimiter.Config(true, next, pace)) {
            assert(pace <= next);
            assert(_bucket.tokens <= available);
            assert(_bucket.tokens <= next);
        } catch {
            assert(pace > next);
        }
    }
}
