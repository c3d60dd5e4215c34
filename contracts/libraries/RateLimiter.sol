// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title RateLimiter
/// @notice A token bucket: how much may pass at once (`capacity`) and per second (`rate`).
/// @dev Amounts are in the smallest unit of the local token. A bucket that is switched on starts full; any
/// other change of configuration never raises its level, so nobody refills a drained bucket by configuring.
library RateLimiter {
    struct TokenBucket {
        uint128 tokens; // level at `lastUpdated`
        uint32 lastUpdated; // seconds
        bool isEnabled;
        uint128 capacity;
        uint128 rate; // per second
    }

    /// @notice Disabled means no limit and takes 0/0. Enabled with 0/0 lets nothing through.
    struct Config {
        bool isEnabled;
        uint128 capacity;
        uint128 rate;
    }

    /// @notice The request is larger than the bucket: it can never pass at this setting.
    error TokenMaxCapacityExceeded(uint256 capacity, uint256 requested, address tokenAddress);

    /// @notice Not now. `minWaitInSeconds` is type(uint256).max when the bucket does not refill.
    error TokenRateLimitReached(uint256 minWaitInSeconds, uint256 available, address tokenAddress);

    /// @notice An enabled bucket that refills more than its capacity per second.
    error InvalidRateLimitRate(Config rateLimiterConfig);

    /// @notice A disabled bucket with numbers in it: somebody believes in a limit that is not there.
    error DisabledNonZeroRateLimit(Config config);

    event TokensConsumed(uint256 tokens);
    event ConfigChanged(Config config);

    /// @notice Takes `amount` out of the bucket, or reverts. A disabled bucket lets everything pass.
    function consume(TokenBucket storage bucket, uint256 amount, address token) internal {
        if (!bucket.isEnabled || amount == 0) return;

        // CHECK
        uint256 capacity = bucket.capacity;
        require(amount <= capacity, TokenMaxCapacityExceeded(capacity, amount, token));
        uint256 available = _levelNow(bucket);
        require(
            amount <= available,
            TokenRateLimitReached(_wait(amount, available, bucket.rate), available, token)
        );

        // EFFECT
        bucket.tokens = SafeCast.toUint128(available - amount);
        bucket.lastUpdated = uint32(block.timestamp);

        emit TokensConsumed(amount);
    }

    /// @notice The bucket as it stands now, refilled up to this second.
    function current(TokenBucket storage bucket) internal view returns (TokenBucket memory state) {
        state = bucket;
        state.tokens = SafeCast.toUint128(_levelNow(bucket));
        state.lastUpdated = uint32(block.timestamp);
    }

    function configure(TokenBucket storage bucket, Config memory config) internal {
        // CHECK
        validate(config);

        // EFFECT
        bool switchedOn = config.isEnabled && !bucket.isEnabled;
        uint256 level = switchedOn ? config.capacity : Math.min(config.capacity, _levelNow(bucket));
        bucket.tokens = SafeCast.toUint128(level);
        bucket.lastUpdated = uint32(block.timestamp);
        bucket.isEnabled = config.isEnabled;
        bucket.capacity = config.capacity;
        bucket.rate = config.rate;

        emit ConfigChanged(config);
    }

    function validate(Config memory config) internal pure {
        if (config.isEnabled) {
            require(config.rate <= config.capacity, InvalidRateLimitRate(config));
        } else {
            require(config.capacity == 0 && config.rate == 0, DisabledNonZeroRateLimit(config));
        }
    }

    function _levelNow(TokenBucket storage bucket) private view returns (uint256) {
        uint256 elapsed = block.timestamp - bucket.lastUpdated;
        return Math.min(bucket.capacity, bucket.tokens + elapsed * bucket.rate);
    }

    /// @dev Also computed when the amount is there: a require evaluates its error either way.
    function _wait(uint256 amount, uint256 available, uint256 rate) private pure returns (uint256) {
        return rate == 0 ? type(uint256).max : Math.ceilDiv(Math.saturatingSub(amount, available), rate);
    }
}
