// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {ICommitStore} from "../../contracts/interfaces/ICommitStore.sol";
import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";

/// @dev OCRVerifier is abstract: its configuration is tested on the CommitStore.
contract OCRVerifierSetOCR2ConfigTest is DestinationChain {
    function some(uint256 count) internal pure returns (address[] memory set) {
        set = new address[](count);
        for (uint160 i = 0; i < count; ++i) {
            set[i] = address(1000 + i);
        }
    }

    function expectInvalid(IOCRVerifier.InvalidConfigErrorType errorType) internal {
        vm.expectRevert(abi.encodeWithSelector(IOCRVerifier.InvalidConfig.selector, errorType));
    }

    function configureWith(address[] memory signers, address[] memory transmitters, uint8 f) internal {
        commitStore.setOCR2Config(signers, transmitters, f, abi.encode(address(prices)), 1, "");
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        address[] memory four = some(4);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        vm.prank(stranger);
        configureWith(four, four, 1);
    }

    function test_reverts_when_f_is_zero() public {
        expectInvalid(IOCRVerifier.InvalidConfigErrorType.F_MUST_BE_POSITIVE);
        configureWith(some(4), some(4), 0);
    }

    function testFuzz_reverts_with_fewer_than_3f_plus_1_signers(uint8 f, uint8 n) public {
        f = uint8(bound(f, 1, 255));
        n = uint8(bound(n, 0, f > 10 ? 31 : 3 * f));

        expectInvalid(IOCRVerifier.InvalidConfigErrorType.F_TOO_HIGH);
        configureWith(some(n), some(4), f);
    }

    function testFuzz_reverts_with_more_than_3f_plus_1_signers(uint8 f, uint8 n) public {
        f = uint8(bound(f, 1, 9));
        n = uint8(bound(n, 3 * f + 2, 31));

        expectInvalid(IOCRVerifier.InvalidConfigErrorType.F_TOO_LOW);
        configureWith(some(n), some(4), f);
    }

    function test_reverts_with_more_than_31_signers_or_transmitters() public {
        expectInvalid(IOCRVerifier.InvalidConfigErrorType.TOO_MANY_SIGNERS);
        configureWith(some(32), some(4), 1);

        expectInvalid(IOCRVerifier.InvalidConfigErrorType.TOO_MANY_TRANSMITTERS);
        configureWith(some(4), some(32), 1);
    }

    function test_reverts_without_transmitters() public {
        expectInvalid(IOCRVerifier.InvalidConfigErrorType.NO_TRANSMITTERS);
        configureWith(some(4), some(0), 1);
    }

    function test_reverts_when_a_signer_or_a_transmitter_is_named_twice() public {
        address[] memory twice = some(4);
        twice[3] = twice[0];

        expectInvalid(IOCRVerifier.InvalidConfigErrorType.REPEATED_ORACLE_ADDRESS);
        configureWith(twice, some(4), 1);

        expectInvalid(IOCRVerifier.InvalidConfigErrorType.REPEATED_ORACLE_ADDRESS);
        configureWith(some(4), twice, 1);
    }

    function test_reverts_when_a_signer_or_a_transmitter_is_zero() public {
        address[] memory withZero = some(4);
        withZero[2] = address(0);

        vm.expectRevert(IOCRVerifier.OracleCannotBeZeroAddress.selector);
        configureWith(withZero, some(4), 1);

        vm.expectRevert(IOCRVerifier.OracleCannotBeZeroAddress.selector);
        configureWith(some(4), withZero, 1);
    }

    function test_reverts_when_the_onchain_part_names_no_fee_quoter() public {
        vm.expectRevert(ICommitStore.InvalidCommitStoreConfig.selector);
        commitStore.setOCR2Config(some(4), some(4), 1, abi.encode(address(0)), 1, "");

        vm.expectRevert(ICommitStore.InvalidCommitStoreConfig.selector);
        commitStore.setOCR2Config(some(4), some(4), 1, "", 1, "");
    }

    /* EFFECTS */

    function testFuzz_the_digest_binds_chain_contract_count_and_configuration(uint8 n, bytes memory offchain)
        public
    {
        uint8 f = uint8(bound(n, 1, 10));
        address[] memory signers = some(3 * uint256(f) + 1);
        address[] memory transmitters = some(5);
        bytes memory onchain = abi.encode(address(prices));
        bytes32 hash = keccak256(
            abi.encode(
                block.chainid,
                address(commitStore),
                uint64(2),
                signers,
                transmitters,
                f,
                onchain,
                uint64(9),
                offchain
            )
        );
        bytes32 expected = bytes32((uint256(1) << 240) | (uint256(hash) & ((1 << 240) - 1)));

        vm.expectEmit(address(commitStore));
        emit IOCRVerifier.ConfigSet(
            uint32(block.number), expected, 2, signers, transmitters, f, onchain, 9, offchain
        );
        commitStore.setOCR2Config(signers, transmitters, f, onchain, 9, offchain);

        (uint32 count, uint32 blockNumber, bytes32 digest) = commitStore.latestConfigDetails();
        assertEq(count, 2);
        assertEq(blockNumber, block.number);
        assertEq(digest, expected);
        (bool scanLogs, bytes32 inForce, uint32 epoch) = commitStore.latestConfigDigestAndEpoch();
        assertTrue(scanLogs);
        assertEq(inForce, expected);
        assertEq(epoch, 0);
    }

    function testFuzz_the_quorum_is_2f_plus_1(uint8 f) public {
        f = uint8(bound(f, 1, 10));

        configureWith(some(3 * uint256(f) + 1), some(31), f);

        assertEq(commitStore.quorum(), 2 * uint256(f) + 1);
        assertEq(commitStore.getSigners().length, 3 * uint256(f) + 1);
        assertEq(commitStore.getTransmitters().length, 31);
    }

    function test_the_fee_quoter_is_read_from_the_configuration() public {
        commitStore.setOCR2Config(some(4), some(4), 1, abi.encode(stranger), 1, "");

        assertEq(commitStore.getDynamicConfig().priceRegistry, stranger);
    }
}
