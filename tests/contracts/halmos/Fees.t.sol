// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../../../contracts/interfaces/IFeeQuoter.sol";
import {FeeFormula} from "../../../contracts/libraries/FeeFormula.sol";

interface Assume {
    function assume(bool condition) external pure;
}

/// @notice The terms of a fee stay within their bounds, and a longer message never costs less.
contract FeeProof {
    Assume private constant VM = Assume(address(uint160(uint256(keccak256("hevm cheat code")))));

    IFeeQuoter.DestChainConfig private _chain;

    /// @dev A cent more is that much more in dollars, so bounds that are in order as cents are so as dollars. Stated by
    /// itself: that a product grows with its factor is what no solver sees through 256 bits.
    function check_a_cent_more_is_a_cent_more(uint32 cents) public pure {
        assert(FeeFormula.centsToUsd18(uint256(cents) + 1) == FeeFormula.centsToUsd18(cents) + 1e16);
    }

    /// @dev For every amount, price, share and pair of bounds. A fee that does not fit reverts, and is no fee.
    function check_a_token_fee_is_within_its_bounds(
        uint32 least,
        uint32 most,
        uint16 share,
        uint256 amount,
        uint224 price
    ) public pure {
        VM.assume(FeeFormula.centsToUsd18(least) <= FeeFormula.centsToUsd18(most));
        IFeeQuoter.TokenTransferFeeConfig memory config = IFeeQuoter.TokenTransferFeeConfig({
            minFeeUSDCents: least,
            maxFeeUSDCents: most,
            deciBps: share,
            destGasOverhead: 0,
            destBytesOverhead: 32,
            isEnabled: true
        });
        uint256 fee = FeeFormula.tokenFeeUsd18(config, amount, price);
        assert(fee >= FeeFormula.centsToUsd18(least));
        assert(fee <= FeeFormula.centsToUsd18(most));
    }

    /// @dev Below the threshold each byte costs the cheap price, from it on the dear one; with the two prices of
    /// EIP-7623, for every size a message can have.
    function check_each_byte_costs_what_its_tier_says(uint16 threshold, uint32 size) public {
        _chain.destGasPerPayloadByteBase = 16;
        _chain.destGasPerPayloadByteHigh = 40;
        _chain.destGasPerPayloadByteThreshold = threshold;
        uint256 gas = FeeFormula.calldataGas(_chain, size);
        assert(FeeFormula.calldataGas(_chain, uint256(size) + 1) == gas + (size < threshold ? 16 : 40));
    }

    /// @dev The two halves of a packed price are told apart: none leaks into the other.
    function check_a_packed_price_has_two_halves(uint112 execution, uint112 availability) public pure {
        uint224 packed = (uint224(availability) << 112) | execution;
        assert(FeeFormula.executionPrice(packed) == execution);
        assert(packed >> 112 == availability);
    }

    /// @dev A chain without data availability costs nothing there, whatever the price says.
    function check_no_multiplier_means_no_data_availability(
        uint16 overheadGas,
        uint16 gasPerByte,
        uint256 size,
        uint224 price
    ) public {
        _chain.destDataAvailabilityOverheadGas = overheadGas;
        _chain.destGasPerDataAvailabilityByte = gasPerByte;
        assert(FeeFormula.dataAvailabilityUsd36(_chain, size, 1, 32, price) == 0);
    }
}
