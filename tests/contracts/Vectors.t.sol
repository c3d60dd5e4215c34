// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Test} from "forge-std/Test.sol";

import {ExtraArgs} from "../../contracts/libraries/ExtraArgs.sol";
import {MerkleMultiProof} from "../../contracts/libraries/MerkleMultiProof.sol";
import {MessageHasher} from "../../contracts/libraries/MessageHasher.sol";
import {Client} from "../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../contracts/types/Message.sol";

/// @notice What the official client's hasher, tree and encoder wrote, said again by the contracts.
contract VectorsTest is Test {
    struct LaneVector {
        uint64 source;
        uint64 destination;
        address onRamp;
        bytes32 metadata;
    }

    /// @dev The bytes of `seed` over and over, `length` in all.
    struct Data {
        bytes seed;
        uint256 length;
    }

    struct Message {
        uint256 lane;
        address sender;
        address receiver;
        uint64 sequenceNumber;
        uint256 gasLimit;
        bool strict;
        uint64 nonce;
        address feeToken;
        uint256 feeTokenAmount;
        Data data;
        Client.EVMTokenAmount[] tokenAmounts;
        bytes[] sourceTokenData;
        bytes32 leaf;
    }

    /// @dev Names in vector files are looked up among all structs of the build, so they must be nobody else's.
    struct ClientProof {
        bytes hashes;
        uint256 flagBits;
    }

    struct Tree {
        bytes32 root;
        ClientProof allLeaves;
    }

    struct ProofOfSome {
        uint256 leaves;
        bytes indices;
        bytes hashes;
        uint256 flagBits;
    }

    struct ExtraArgsForm {
        uint256 gasLimit;
        bool allowOutOfOrderExecution;
        bytes encoded;
    }

    string private constant LANE =
        "LaneVector(uint64 source,uint64 destination,address onRamp,bytes32 metadata)";
    string private constant MESSAGE = string.concat(
        "Message(uint256 lane,address sender,address receiver,uint64 sequenceNumber,uint256 gasLimit,bool strict,",
        "uint64 nonce,address feeToken,uint256 feeTokenAmount,Data data,TokenAmount[] tokenAmounts,",
        "bytes[] sourceTokenData,bytes32 leaf)Data(bytes seed,uint256 length)TokenAmount(address token,uint256 amount)"
    );
    string private constant TREE =
        "Tree(bytes32 root,ClientProof allLeaves)ClientProof(bytes hashes,uint256 flagBits)";
    string private constant PROOF = "ProofOfSome(uint256 leaves,bytes indices,bytes hashes,uint256 flagBits)";
    string private constant EXTRA_ARGS =
        "ExtraArgsForm(uint256 gasLimit,bool allowOutOfOrderExecution,bytes encoded)";
    uint256 private constant DEFAULT_GAS_LIMIT = 7;

    string private _vectors;

    function setUp() public {
        _vectors = vm.readFile("tests/vectors/official_client.json");
    }

    function parse(string memory key, string memory description) internal view returns (bytes memory) {
        return vm.parseJsonTypeArray(_vectors, key, description);
    }

    function lanes() internal view returns (LaneVector[] memory) {
        return abi.decode(parse(".lanes", LANE), (LaneVector[]));
    }

    function trees() internal view returns (Tree[] memory) {
        return abi.decode(parse(".trees", TREE), (Tree[]));
    }

    function expand(Data memory data) internal pure returns (bytes memory out) {
        out = new bytes(data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            out[i] = data.seed[i % data.seed.length];
        }
    }

    function theLeaf(uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(index));
    }

    function words(bytes memory joined) internal pure returns (bytes32[] memory) {
        return abi.decode(bytes.concat(abi.encode(uint256(32), joined.length / 32), joined), (bytes32[]));
    }

    function rootOf(bytes32[] calldata leaves, bytes32[] calldata proofs, uint256 flags)
        external
        pure
        returns (bytes32)
    {
        return MerkleMultiProof.merkleRoot(leaves, proofs, flags);
    }

    function readExtraArgs(bytes calldata encoded) external pure returns (uint256, bool) {
        return ExtraArgs.decode(encoded, DEFAULT_GAS_LIMIT);
    }

    function test_hashes_every_lane_as_the_official_client_does() public view {
        LaneVector[] memory all = lanes();

        assertEq(all.length, 4);
        for (uint256 i = 0; i < all.length; ++i) {
            assertEq(
                MessageHasher.metadataHash(all[i].source, all[i].destination, all[i].onRamp), all[i].metadata
            );
        }
    }

    function test_hashes_every_message_as_the_official_client_does() public view {
        LaneVector[] memory all = lanes();
        Message[] memory messages = abi.decode(parse(".messages", MESSAGE), (Message[]));

        assertGt(messages.length, 50);
        for (uint256 i = 0; i < messages.length; ++i) {
            Message memory each = messages[i];
            EVM2EVMMessage memory message = EVM2EVMMessage({
                sourceChainSelector: all[each.lane].source,
                sender: each.sender,
                receiver: each.receiver,
                sequenceNumber: each.sequenceNumber,
                gasLimit: each.gasLimit,
                strict: each.strict,
                nonce: each.nonce,
                feeToken: each.feeToken,
                feeTokenAmount: each.feeTokenAmount,
                data: expand(each.data),
                tokenAmounts: each.tokenAmounts,
                sourceTokenData: each.sourceTokenData,
                messageId: each.leaf
            });
            assertEq(MessageHasher.leaf(message, all[each.lane].metadata), each.leaf);
        }
    }

    function test_all_leaves_of_1_to_256_lead_to_the_official_client_s_root() public view {
        Tree[] memory all = trees();

        assertEq(all.length, 256);
        for (uint256 n = 1; n <= all.length; ++n) {
            bytes32[] memory leaves = new bytes32[](n);
            for (uint256 i = 0; i < n; ++i) {
                leaves[i] = theLeaf(i);
            }
            ClientProof memory proof = all[n - 1].allLeaves;
            assertEq(this.rootOf(leaves, words(proof.hashes), proof.flagBits), all[n - 1].root);
        }
    }

    function test_accepts_every_proof_of_the_official_client() public view {
        Tree[] memory all = trees();
        ProofOfSome[] memory proofs = abi.decode(parse(".proofs", PROOF), (ProofOfSome[]));

        assertGt(proofs.length, 300);
        for (uint256 p = 0; p < proofs.length; ++p) {
            bytes32[] memory leaves = new bytes32[](proofs[p].indices.length);
            for (uint256 i = 0; i < leaves.length; ++i) {
                leaves[i] = theLeaf(uint8(proofs[p].indices[i]));
            }
            bytes32 root = this.rootOf(leaves, words(proofs[p].hashes), proofs[p].flagBits);
            assertEq(root, all[proofs[p].leaves - 1].root);
        }
    }

    function test_reads_every_form_of_extra_args_of_the_official_client() public view {
        ExtraArgsForm[] memory forms = abi.decode(parse(".extraArgs", EXTRA_ARGS), (ExtraArgsForm[]));

        assertEq(forms.length, 18);
        for (uint256 i = 0; i < forms.length; ++i) {
            (uint256 gasLimit, bool anyOrder) = this.readExtraArgs(forms[i].encoded);
            assertEq(gasLimit, forms[i].gasLimit);
            assertEq(anyOrder, forms[i].allowOutOfOrderExecution);
        }
    }

    function test_reads_no_extra_args_as_the_default() public view {
        bytes memory none = vm.parseJsonBytes(_vectors, ".noExtraArgs");
        (uint256 gasLimit, bool anyOrder) = this.readExtraArgs(none);

        assertEq(gasLimit, DEFAULT_GAS_LIMIT);
        assertFalse(anyOrder);
    }

    function test_refuses_extra_args_for_other_machines() public {
        for (uint256 i = 0; i < 3; ++i) {
            string memory path = string.concat(".foreignExtraArgs[", vm.toString(i), "].encoded");
            bytes memory encoded = vm.parseJsonBytes(_vectors, path);

            vm.expectRevert(ExtraArgs.InvalidExtraArgsTag.selector);
            this.readExtraArgs(encoded);
        }
    }
}
