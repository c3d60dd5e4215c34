// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {ExtraArgs} from "../../contracts/libraries/ExtraArgs.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract FeeQuoterQuoteTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function process(bytes memory args) internal view returns (uint256 gasLimit, bool allowOutOfOrder) {
        Client.EVM2AnyMessage memory message = aMessage();
        message.extraArgs = args;
        (, gasLimit, allowOutOfOrder) = quote(DEST_CHAIN, message);
    }

    function quote(uint64 chain, Client.EVM2AnyMessage memory message)
        internal
        view
        returns (uint256 fee, uint256 gasLimit, bool allowOutOfOrder)
    {
        return feeQuoter.quote(
            chain, message.feeToken, message.data.length, message.tokenAmounts, message.extraArgs
        );
    }

    /* FAILURES */

    function test_reverts_when_the_chain_is_not_enabled() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.DestinationChainNotEnabled.selector, OTHER_CHAIN));
        quote(OTHER_CHAIN, aMessage());
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

    /// @dev In both fee tokens the bound is the same value: the native one is converted.
    function test_reverts_when_the_fee_is_above_the_maximum_in_juels() public {
        Client.EVM2AnyMessage memory message = aMessage();
        reportGasPrice(GAS_PRICE * 67);
        quote(DEST_CHAIN, message);

        reportGasPrice(GAS_PRICE * 70);
        vm.expectPartialRevert(IFeeQuoter.MessageFeeTooHigh.selector);
        quote(DEST_CHAIN, message);
        message.feeToken = address(weth);
        vm.expectPartialRevert(IFeeQuoter.MessageFeeTooHigh.selector);
        quote(DEST_CHAIN, message);
    }

    /// @dev The formula is not checked for overflows: with every parameter at the bound of its type, and a message
    /// at the bounds that those set, it gives what arithmetic that is checked gives.
    function test_the_formula_fits_at_the_bounds_of_all_types() public {
        setChainConfig(boundsOfAllTypes());
        IFeeQuoter.FeeTokenConfigArgs[] memory terms = new IFeeQuoter.FeeTokenConfigArgs[](1);
        terms[0] = IFeeQuoter.FeeTokenConfigArgs(
            address(link), type(uint32).max, type(uint64).max, type(uint64).max, true
        );
        feeQuoter.applyFeeTokenConfigUpdates(DEST_CHAIN, terms);
        reportGasPrice(type(uint224).max);
        reportTokenPrice(address(link), 1);
        uint256 gas = 2 * uint256(type(uint32).max) + uint256(type(uint32).max) * type(uint16).max;
        uint256 bytesPosted = uint256(type(uint32).max) + 17 * 32;
        uint256 availability = bytesPosted * type(uint16).max + type(uint32).max;
        uint256 fee = uint256(type(uint32).max) * 1e16 * type(uint64).max + uint256(type(uint112).max) * gas
            * type(uint64).max + availability * type(uint112).max * type(uint16).max * 1e14;

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.MessageFeeTooHigh.selector, fee, MAX_FEE_JUELS));
        feeQuoter.quote(
            DEST_CHAIN,
            address(link),
            type(uint32).max,
            new Client.EVMTokenAmount[](0),
            extraArgs(type(uint32).max, true)
        );
    }

    function boundsOfAllTypes() internal pure returns (IFeeQuoter.DestChainConfig memory) {
        return IFeeQuoter.DestChainConfig({
            isEnabled: true,
            maxNumberOfTokensPerMsg: type(uint16).max,
            maxDataBytes: type(uint32).max,
            maxPerMsgGasLimit: type(uint32).max,
            destGasOverhead: type(uint32).max,
            destGasPerPayloadByteBase: type(uint16).max,
            destGasPerPayloadByteHigh: type(uint16).max,
            destGasPerPayloadByteThreshold: type(uint32).max,
            destDataAvailabilityOverheadGas: type(uint32).max,
            destGasPerDataAvailabilityByte: type(uint16).max,
            destDataAvailabilityMultiplierBps: type(uint16).max,
            defaultTokenFeeUSDCents: type(uint16).max,
            defaultTokenDestGasOverhead: type(uint32).max,
            defaultTxGasLimit: type(uint32).max,
            gasPriceStalenessThreshold: type(uint32).max,
            enforceOutOfOrder: true
        });
    }

    function test_reverts_when_the_price_that_bounds_the_fee_is_stale() public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(weth);
        skip(PRICE_STALENESS + 1);
        reportGasPrice(GAS_PRICE);
        reportTokenPrice(address(weth), ETH_PRICE);

        vm.expectPartialRevert(IFeeQuoter.StaleTokenPrice.selector);
        quote(DEST_CHAIN, message);
    }

    function test_quotes_what_getValidatedFee_answers() public view {
        (uint256 fee,,) = quote(DEST_CHAIN, aMessage());

        assertEq(fee, feeQuoter.getValidatedFee(DEST_CHAIN, aMessage()));
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
}
