// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICommitStore} from "../../../contracts/interfaces/ICommitStore.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {MerkleMultiProof} from "../../../contracts/libraries/MerkleMultiProof.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {CommitReport, ExecutionReport} from "../../../contracts/types/Report.sol";
import {MerkleTree} from "../fixtures/MerkleTree.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";

/// @notice Group D: proofs. `verify` of a committed and blessed root is asked as the OffRamp asks it.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract ProofAttacksTest is TwoChains {
    // INV-COMMIT-6
    function testFuzz_D1_a_root_nobody_committed_proves_nothing(bytes32 leaf) public {
        CommitReport memory zero = rootReport(0, 1, 1);
        bytes memory encoded = abi.encode(zero);
        bytes32[3] memory context = contextOf(out);
        Signatures memory signed = sign(encoded, context, quorumKeys());

        vm.expectRevert(ICommitStore.InvalidRoot.selector);
        transmitSigned(out, encoded, context, signed);
        assertFalse(out.commitStore.isBlessed(0));
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        out.commitStore.verify(_one(0), new bytes32[](0), 0);
        if (leaf != 0) assertEq(out.commitStore.verify(_one(leaf), new bytes32[](0), 0), 0);

        ExecutionReport memory never = wholeReport(single(send(out, aMessage(out))));
        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        execute(out, never);
    }

    /// @dev Liars commit a root whose node is hashed as a leaf is, and offer a node as a message.
    function test_D2_a_node_is_no_leaf() public {
        EVM2EVMMessage memory message = send(out, aMessage(out));
        (bytes32 leaf, bytes32 other) = (message.messageId, keccak256("other"));
        (bytes32 low, bytes32 high) = leaf < other ? (leaf, other) : (other, leaf);
        bytes32 untagged = keccak256(abi.encode(uint256(0), low, high));
        transmit(out, rootReport(untagged, 1, 2));
        bless(out, untagged);

        assertEq(out.commitStore.verify(_one(leaf), _one(other), 0), 0);
        assertEq(rootOf(pair(message, message)), keccak256(abi.encode(uint256(1), leaf, leaf)));
        message.messageId = untagged;
        ExecutionReport memory forged = wholeReport(single(message));
        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(out, forged);
    }

    // INV-PROOF-1
    function testFuzz_D3_a_proof_is_used_up_and_has_one_form(uint8 count, uint256 seed, uint8 bit) public {
        (bytes32[] memory leaves, bytes32 root) = _tree(count, seed);
        bool[] memory chosen = _choose(leaves.length, seed);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, chosen);
        bytes32[] memory proven = _only(leaves, chosen);
        uint256 hashes = proven.length + proof.hashes.length - 1;
        _commitAndBless(root, leaves.length);
        assertNotEq(out.commitStore.verify(proven, proof.hashes, proof.flagBits), 0);

        if (hashes < 256) {
            uint256 beyond = proof.flagBits | (2 ** bound(bit, hashes, 255));
            vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
            out.commitStore.verify(proven, proof.hashes, beyond);
            bytes32[] memory longer = new bytes32[](proof.hashes.length + 1);
            for (uint256 i = 0; i < proof.hashes.length; ++i) {
                longer[i] = proof.hashes[i];
            }
            assertFalse(_verifies(proven, longer, proof.flagBits));
            assertFalse(_verifies(proven, longer, proof.flagBits | (2 ** hashes)));
        }
    }

    function testFuzz_D4_every_word_of_a_proof_counts(uint8 count, uint256 seed, uint256 flip) public {
        (bytes32[] memory leaves, bytes32 root) = _tree(2 + count % 100, seed);
        bool[] memory chosen = new bool[](leaves.length);
        chosen[seed % leaves.length] = true;
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, chosen);
        _commitAndBless(root, leaves.length);
        bytes32[] memory proven = _only(leaves, chosen);
        assertTrue(_verifies(proven, proof.hashes, proof.flagBits));
        vm.assume(flip != 0);

        for (uint256 i = 0; i < proof.hashes.length; ++i) {
            proof.hashes[i] ^= bytes32(flip);
            assertFalse(_verifies(proven, proof.hashes, proof.flagBits));
            proof.hashes[i] ^= bytes32(flip);
        }
        proven[0] ^= bytes32(flip);
        assertFalse(_verifies(proven, proof.hashes, proof.flagBits));
    }

    // INV-PROOF-1, INV-EXEC-2
    function test_D5_no_leaf_one_leaf_and_the_same_leaf_twice() public {
        vm.expectRevert(MerkleMultiProof.LeavesCannotBeEmpty.selector);
        out.commitStore.verify(new bytes32[](0), new bytes32[](0), 0);
        ExecutionReport memory empty;
        vm.expectRevert(IOffRamp.EmptyReport.selector);
        execute(out, empty);

        EVM2EVMMessage memory message = send(out, unordered(aMessage(out)));
        EVM2EVMMessage[] memory twice = pair(message, message);
        transmit(out, rootReport(rootOf(twice), 1, 2));
        bless(out, rootOf(twice));
        vm.expectEmit(address(out.offRamp));
        emit IOffRamp.SkippedAlreadyExecutedMessage(1);
        execute(out, wholeReport(twice));
        assertEq(chains[THERE].receiver.received(), 1);

        EVM2EVMMessage memory alone = send(out, unordered(aMessage(out)));
        alone.sequenceNumber = 2;
        transmit(out, rootReport(alone.messageId, 3, 3));
        bless(out, alone.messageId);
        assertTrue(_verifies(_one(alone.messageId), new bytes32[](0), 0));
    }

    function testFuzz_D6_trees_of_every_size_verify_as_they_are_built(uint8 count, uint256 seed) public {
        (bytes32[] memory leaves, bytes32 root) = _tree(count, seed);
        bool[] memory chosen = _choose(leaves.length, seed);
        MerkleTree.Proof memory proof = MerkleTree.prove(leaves, chosen);
        _commitAndBless(root, leaves.length);

        assertEq(out.commitStore.verify(_only(leaves, chosen), proof.hashes, proof.flagBits), block.timestamp);
    }

    // INV-PROOF-1
    /// @dev 257 hashes. The refusal is cheaper than 257 hashes would be.
    function test_D7_a_proof_that_is_too_long_is_refused_before_it_is_climbed() public {
        bytes32[] memory proof = new bytes32[](257);
        uint256 before = gasleft();
        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        out.commitStore.verify(_one("leaf"), proof, 0);
        assertLt(before - gasleft(), 120_000);

        vm.expectRevert(MerkleMultiProof.InvalidProof.selector);
        out.commitStore.verify(new bytes32[](257), new bytes32[](1), type(uint256).max);
    }

    // INV-EXEC-9
    /// @dev Its root is still committed and blessed, on a lane whose OnRamp is another one now.
    function test_D8_a_root_of_an_uninstalled_on_ramp_is_no_root_of_the_new_lane() public {
        EVM2EVMMessage memory message = send(out, aMessage(out));
        ExecutionReport memory report = deliver(out, message);
        Lane memory replacement = openLane(HERE, THERE, address(out.onRamp), address(out.offRamp));

        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(replacement, report);
        EVM2EVMMessage memory rehashed = send(replacement, aMessage(replacement));
        assertNotEq(rehashed.messageId, message.messageId);
        ExecutionReport memory other = wholeReport(single(rehashed));
        vm.expectRevert(IOffRamp.RootNotCommitted.selector);
        execute(replacement, other);
        execute(out, report);
        assertExecuted(out, 1);
    }

    /* TREES */

    function _one(bytes32 leaf) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](1);
        leaves[0] = leaf;
    }

    function _tree(uint8 count, uint256 seed) private pure returns (bytes32[] memory leaves, bytes32 root) {
        leaves = new bytes32[](1 + uint256(count));
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
        root = MerkleTree.root(leaves);
    }

    function _choose(uint256 count, uint256 seed) private pure returns (bool[] memory chosen) {
        chosen = new bool[](count);
        for (uint256 i = 0; i < count; ++i) {
            chosen[i] = (seed >> (i % 256)) & 1 == 1;
        }
        chosen[seed % count] = true;
    }

    function _only(bytes32[] memory leaves, bool[] memory chosen)
        private
        pure
        returns (bytes32[] memory proven)
    {
        uint256 count;
        for (uint256 i = 0; i < chosen.length; ++i) {
            if (chosen[i]) ++count;
        }
        proven = new bytes32[](count);
        count = 0;
        for (uint256 i = 0; i < chosen.length; ++i) {
            if (chosen[i]) proven[count++] = leaves[i];
        }
    }

    function _commitAndBless(bytes32 root, uint256 count) private {
        uint64 first = out.commitStore.getExpectedNextSequenceNumber();
        transmit(out, rootReport(root, first, first + uint64(count) - 1));
        bless(out, root);
    }

    function _verifies(bytes32[] memory leaves, bytes32[] memory proof, uint256 flags)
        private
        view
        returns (bool)
    {
        try out.commitStore.verify(leaves, proof, flags) returns (uint256 committedAt) {
            return committedAt != 0;
        } catch {
            return false;
        }
    }
}
