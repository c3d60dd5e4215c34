// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Math as Computed} from "../../../node_modules/@openzeppelin/contracts/utils/math/Math.sol";
import {Math as Defined} from "./PlainMath.sol";

/// @notice The arithmetic that the other proofs are compiled with is the arithmetic that is deployed.
contract MathProof {
    function check_min(uint256 a, uint256 b) public pure {
        assert(Computed.min(a, b) == Defined.min(a, b));
    }

    function check_max(uint256 a, uint256 b) public pure {
        assert(Computed.max(a, b) == Defined.max(a, b));
    }

    function check_saturatingSub(uint256 a, uint256 b) public pure {
        assert(Computed.saturatingSub(a, b) == Defined.saturatingSub(a, b));
    }

    function check_saturatingMul(uint256 a, uint256 b) public pure {
        assert(Computed.saturatingMul(a, b) == Defined.saturatingMul(a, b));
    }
}
