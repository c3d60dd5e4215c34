// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {ExtraArgs} from "../../contracts/libraries/ExtraArgs.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract FeeQuoterProcessMessageArgsTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function process(bytes memory args) internal view returns (uint256 gasLimit, bool allowOutOfOrder) {
        (gasLimit, allowOutOfOrder,) = feeQuoter.processMessageArgs(DEST_CHAIN, address(link), 1, args);
    }

    /* FAILURES */

    function test_reverts_when_the_chain_is_not_enabled() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.DestinationChainNotEnabled.selector, OTHER_CHAIN));
        feeQuoter.processMessageArgs(OTHER_CHAIN, address(link), 1, "");
    }

    function test_reverts_when_there_is_less_than_a_tag() public {
        vm.expectRevert(ExtraArgs.InvalidExtraArgsTag.selector);
        process(hex"181dcf");
    }

    function testFuzz_reverts_unless_v2_is_exactly_two_words(uint8 length) public {
        vm.assume(length != 64);

        vm.expectRevert(ExtraArgs.InvalidExtraArgsData.selector);
        process(abi.encodePacked(Client.EVM_EXTRA_ARGS_V2_TAG, new bytes(length)));
    }

    function testFuzz_reverts_unless_v1_is_one_word_or_two(uint8 length) public {
        vm.assume(length != 32 && length != 64);

        vm.expectRevert(ExtraArgs.InvalidExtraArgsData.selector);
        process(abi.encodePacked(Client.EVM_EXTRA_ARGS_V1_TAG, new bytes(length)));
    }

    function testFuzz_reverts_when_a_flag_is_not_a_bool(uint256 flag) public {
        flag = bound(flag, 2, type(uint256).max);

        vm.expectRevert(ExtraArgs.InvalidExtraArgsData.selector);
        process(abi.encodePacked(Client.EVM_EXTRA_ARGS_V2_TAG, uint256(1), flag));
        vm.expectRevert(ExtraArgs.InvalidExtraArgsData.selector);
        process(abi.encodePacked(Client.EVM_EXTRA_ARGS_V1_TAG, uint256(1), flag));
    }

    function test_reverts_when_the_gas_limit_is_too_high() public {
        vm.expectRevert(IFeeQuoter.MessageGasLimitTooHigh.selector);
        process(extraArgs(3_000_001, true));
    }

    function test_reverts_when_the_fee_is_above_the_maximum_in_juels() public {
        uint256 highest = uint256(MAX_FEE_JUELS) * LINK_PRICE / ETH_PRICE; // in wrapped native
        feeQuoter.processMessageArgs(DEST_CHAIN, address(weth), highest, "");

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.MessageFeeTooHigh.selector, 200e18, MAX_FEE_JUELS));
        feeQuoter.processMessageArgs(DEST_CHAIN, address(weth), highest * 2, "");
    }

    /* READING */

    function test_empty_means_the_default_and_order() public view {
        (uint256 gasLimit, bool allowOutOfOrder) = process("");

        assertEq(gasLimit, DEFAULT_GAS_LIMIT);
        assertFalse(allowOutOfOrder);
    }

    function testFuzz_reads_v2(uint256 gas, bool outOfOrder) public view {
        gas = bound(gas, 0, 3_000_000);

        (uint256 gasLimit, bool allowOutOfOrder) = process(extraArgs(gas, outOfOrder));

        assertEq(gasLimit, gas);
        assertEq(allowOutOfOrder, outOfOrder);
    }

    function testFuzz_reads_v1_and_ignores_strict(uint256 gas, bool strict) public view {
        gas = bound(gas, 0, 3_000_000);

        (uint256 gasLimit, bool allowOutOfOrder) =
            process(Client._argsToBytes(Client.EVMExtraArgsV1({gasLimit: gas})));
        assertEq(gasLimit, gas);
        assertFalse(allowOutOfOrder);

        (gasLimit, allowOutOfOrder) =
            process(abi.encodeWithSelector(Client.EVM_EXTRA_ARGS_V1_TAG, gas, strict));
        assertEq(gasLimit, gas);
        assertFalse(allowOutOfOrder);
    }

    function testFuzz_values_the_fee_in_link(uint256 amount) public view {
        amount = bound(amount, 0, 0.75e18);

        (,, uint256 juels) = feeQuoter.processMessageArgs(DEST_CHAIN, address(weth), amount, "");
        assertEq(juels, amount * ETH_PRICE / LINK_PRICE);
        (,, juels) = feeQuoter.processMessageArgs(DEST_CHAIN, address(link), amount, "");
        assertEq(juels, amount);
    }
}
