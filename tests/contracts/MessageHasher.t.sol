// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MessageHasher} from "../../contracts/libraries/MessageHasher.sol";
import {Client} from "../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../contracts/types/Message.sol";
import {Test} from "forge-std/Test.sol";

contract MessageHasherTest is Test {
    string private _vectors;

    function setUp() public {
        _vectors = vm.readFile("tests/vectors/by_hand.json");
    }

    function join(string memory path, string memory field) internal pure returns (string memory) {
        return string.concat(path, field);
    }

    function read(string memory path) internal view returns (EVM2EVMMessage memory message) {
        message.sourceChainSelector = uint64(vm.parseJsonUint(_vectors, join(path, ".sourceChainSelector")));
        message.sender = vm.parseJsonAddress(_vectors, join(path, ".sender"));
        message.receiver = vm.parseJsonAddress(_vectors, join(path, ".receiver"));
        message.sequenceNumber = uint64(vm.parseJsonUint(_vectors, join(path, ".sequenceNumber")));
        message.gasLimit = vm.parseJsonUint(_vectors, join(path, ".gasLimit"));
        message.strict = vm.parseJsonBool(_vectors, join(path, ".strict"));
        message.nonce = uint64(vm.parseJsonUint(_vectors, join(path, ".nonce")));
        message.feeToken = vm.parseJsonAddress(_vectors, join(path, ".feeToken"));
        message.feeTokenAmount = vm.parseJsonUint(_vectors, join(path, ".feeTokenAmount"));
        message.data = vm.parseJsonBytes(_vectors, join(path, ".data"));
        message.sourceTokenData = vm.parseJsonBytesArray(_vectors, join(path, ".sourceTokenData"));
        message.tokenAmounts = new Client.EVMTokenAmount[](message.sourceTokenData.length);
        for (uint256 i = 0; i < message.tokenAmounts.length; ++i) {
            string memory entry = string.concat(path, ".tokenAmounts[", vm.toString(i), "]");
            message.tokenAmounts[i].token = vm.parseJsonAddress(_vectors, join(entry, ".token"));
            message.tokenAmounts[i].amount = vm.parseJsonUint(_vectors, join(entry, ".amount"));
        }
    }

    function metadata() internal view returns (bytes32) {
        return MessageHasher.metadataHash(
            uint64(vm.parseJsonUint(_vectors, ".lane.source")),
            uint64(vm.parseJsonUint(_vectors, ".lane.destination")),
            vm.parseJsonAddress(_vectors, ".lane.onRamp")
        );
    }

    function test_hashes_the_lane_as_worked_out_by_hand() public view {
        assertEq(metadata(), vm.parseJsonBytes32(_vectors, ".metadata.hash"));
    }

    function test_hashes_messages_as_worked_out_by_hand() public view {
        for (uint256 i = 0; i < 3; ++i) {
            string memory entry = string.concat(".messages[", vm.toString(i), "]");

            bytes32 leaf = MessageHasher.leaf(read(join(entry, ".message")), metadata());

            assertEq(leaf, vm.parseJsonBytes32(_vectors, join(entry, ".leaf")));
        }
    }

    /// @dev One field after the other is changed; no two messages may share a leaf.
    function test_every_field_but_the_id_changes_the_leaf() public view {
        bytes32[] memory leaves = new bytes32[](12);
        for (uint256 i = 0; i < leaves.length; ++i) {
            EVM2EVMMessage memory message = read(".messages[1].message");
            if (i == 1) message.sender = address(1);
            if (i == 2) message.receiver = address(1);
            if (i == 3) ++message.sequenceNumber;
            if (i == 4) ++message.gasLimit;
            if (i == 5) message.strict = !message.strict;
            if (i == 6) ++message.nonce;
            if (i == 7) message.feeToken = address(1);
            if (i == 8) ++message.feeTokenAmount;
            if (i == 9) message.data = bytes.concat(message.data, hex"00");
            if (i == 10) ++message.tokenAmounts[0].amount;
            if (i == 11) message.sourceTokenData[0] = bytes.concat(message.sourceTokenData[0], hex"00");
            leaves[i] = MessageHasher.leaf(message, metadata());
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(leaves[i] != leaves[j]);
            }
        }
    }

    function testFuzz_every_part_of_the_lane_changes_the_metadata(uint64 a, uint64 b, address ramp)
        public
        pure
    {
        vm.assume(a != b);
        bytes32 hash = MessageHasher.metadataHash(a, b, ramp);

        assertTrue(hash != MessageHasher.metadataHash(b, a, ramp));
        assertTrue(hash != MessageHasher.metadataHash(a, b, address(uint160(ramp) ^ 1)));
    }
}
