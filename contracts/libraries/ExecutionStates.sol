// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MessageExecutionState} from "../types/Message.sol";

/// @title ExecutionStates
/// @notice What became of each message of a lane: two bits per message, 128 messages to a word of storage.
library ExecutionStates {
    /// @dev A struct, so that reading and writing a word hashes its place once.
    struct Word {
        uint256 states;
    }

    struct Map {
        mapping(uint256 number => Word) words;
    }

    uint256 private constant STATES_PER_WORD = 128;
    uint256 private constant STATE_MASK = 3;

    function get(Map storage map, uint64 sequenceNumber) internal view returns (MessageExecutionState) {
        (Word storage word, uint256 shift) = _placeOf(map, sequenceNumber);
        return MessageExecutionState((word.states >> shift) & STATE_MASK);
    }

    function set(Map storage map, uint64 sequenceNumber, MessageExecutionState state) internal {
        (Word storage word, uint256 shift) = _placeOf(map, sequenceNumber);
        word.states = (word.states & ~(STATE_MASK << shift)) | (uint256(state) << shift);
    }

    function _placeOf(Map storage map, uint64 sequenceNumber)
        private
        view
        returns (Word storage word, uint256 shift)
    {
        unchecked {
            // a product below 256
            return (map.words[sequenceNumber / STATES_PER_WORD], (sequenceNumber % STATES_PER_WORD) * 2);
        }
    }
}
