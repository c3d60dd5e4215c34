// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @notice Reverts on every question.
contract RevertingRMN {
    fallback() external {
        revert("broken");
    }
}

/// @notice Answers with the bytes it was given.
contract AnsweringRMN {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}
