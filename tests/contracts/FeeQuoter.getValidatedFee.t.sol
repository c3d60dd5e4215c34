// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {ExtraArgs} from "../../contracts/libraries/ExtraArgs.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";

contract FeeQuoterGetValidatedFeeTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function quote(Client.EVM2AnyMessage memory message) internal view returns (uint256) {
        return feeQuoter.getValidatedFee(DEST_CHAIN, message);
    }

    /* FAILURES: THE MESSAGE */

    function test_reverts_when_the_chain_is_not_enabled() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.DestinationChainNotEnabled.selector, OTHER_CHAIN));
        feeQuoter.getValidatedFee(OTHER_CHAIN, aMessage());

        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.isEnabled = false;
        setChainConfig(config);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.DestinationChainNotEnabled.selector, DEST_CHAIN));
        quote(aMessage());
    }

    function test_reverts_when_the_token_pays_no_fees() public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(usdc);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.NotAFeeToken.selector, address(usdc)));
        quote(message);
    }

    function test_reverts_when_the_data_is_one_byte_too_long() public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.data = new bytes(30_000);
        quote(message);
        message.data = new bytes(30_001);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.MessageTooLarge.selector, 30_000, 30_001));
        quote(message);
    }

    function test_reverts_when_there_is_one_token_too_many() public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.tokenAmounts = new Client.EVMTokenAmount[](3);
        quote(message);
        message.tokenAmounts = new Client.EVMTokenAmount[](4);

        vm.expectRevert(IFeeQuoter.UnsupportedNumberOfTokens.selector);
        quote(message);
    }

    function test_reverts_when_the_receiver_is_not_32_bytes() public {
        Client.EVM2AnyMessage memory message = aMessage();
        bytes[4] memory malformed =
            [bytes(""), abi.encodePacked(receiver), abi.encodePacked(uint248(1)), abi.encode(receiver, 0)];
        for (uint256 i = 0; i < malformed.length; ++i) {
            message.receiver = malformed[i];
            vm.expectRevert(abi.encodeWithSelector(EVMAddress.InvalidEVMAddress.selector, malformed[i]));
            quote(message);
        }
    }

    function test_reverts_when_the_receiver_is_outside_the_address_space() public {
        Client.EVM2AnyMessage memory message = aMessage();
        uint256[3] memory outside = [uint256(0), 1023, uint256(type(uint160).max) + 1];
        for (uint256 i = 0; i < outside.length; ++i) {
            message.receiver = abi.encode(outside[i]);
            vm.expectRevert(abi.encodeWithSelector(EVMAddress.InvalidEVMAddress.selector, message.receiver));
            quote(message);
        }

        message.receiver = abi.encode(1024);
        quote(message);
        message.receiver = abi.encode(type(uint160).max);
        quote(message);
    }

    function testFuzz_reverts_when_the_extra_args_tag_is_unknown(bytes4 tag, bytes calldata rest) public {
        vm.assume(tag != Client.EVM_EXTRA_ARGS_V1_TAG && tag != Client.EVM_EXTRA_ARGS_V2_TAG);
        Client.EVM2AnyMessage memory message = aMessage();
        message.extraArgs = abi.encodePacked(tag, rest);

        vm.expectRevert(ExtraArgs.InvalidExtraArgsTag.selector);
        quote(message);
    }

    function test_reverts_when_the_gas_limit_is_one_too_high() public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.extraArgs = extraArgs(3_000_000, true);
        quote(message);
        message.extraArgs = extraArgs(3_000_001, true);

        vm.expectRevert(IFeeQuoter.MessageGasLimitTooHigh.selector);
        quote(message);
    }

    function test_reverts_when_the_lane_demands_out_of_order() public {
        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.enforceOutOfOrder = true;
        setChainConfig(config);
        Client.EVM2AnyMessage memory message = aMessage();
        bytes[3] memory ordered =
            [bytes(""), extraArgs(1, false), Client._argsToBytes(Client.EVMExtraArgsV1({gasLimit: 1}))];
        for (uint256 i = 0; i < ordered.length; ++i) {
            message.extraArgs = ordered[i];
            vm.expectRevert(IFeeQuoter.ExtraArgOutOfOrderExecutionMustBeTrue.selector);
            quote(message);
        }

        message.extraArgs = extraArgs(1, true);
        quote(message);
    }

    function test_reverts_when_the_fee_is_absurd() public {
        reportGasPrice(GAS_PRICE * 100);
        uint256 feeJuels =
            uint256(22.0704e18) * 100 * 1e18 / LINK_PRICE + 0.09e18 * 1e18 / uint256(LINK_PRICE);

        vm.expectRevert(
            abi.encodeWithSelector(IFeeQuoter.MessageFeeTooHigh.selector, feeJuels, MAX_FEE_JUELS)
        );
        quote(aMessage());
    }

    /* FAILURES: PRICES */

    function test_reverts_when_the_gas_price_is_missing_or_zero() public {
        reportGasPrice(0);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.ChainNotSupported.selector, DEST_CHAIN));
        quote(aMessage());
    }

    function test_reverts_when_only_the_execution_price_is_zero() public {
        reportGasPrice(uint224(6e13) << 112);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.ChainNotSupported.selector, DEST_CHAIN));
        quote(aMessage());
    }

    function test_reverts_when_the_gas_price_is_one_second_too_old() public {
        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.gasPriceStalenessThreshold = 1 hours;
        setChainConfig(config);
        skip(1 hours);
        quote(aMessage());
        skip(1);

        vm.expectRevert(
            abi.encodeWithSelector(IFeeQuoter.StaleGasPrice.selector, DEST_CHAIN, 1 hours, 1 hours + 1)
        );
        quote(aMessage());
    }

    function test_reverts_when_the_fee_token_price_is_zero() public {
        reportTokenPrice(address(link), 0);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.TokenNotSupported.selector, address(link)));
        quote(aMessage());
    }

    function test_reverts_when_the_fee_token_price_is_one_second_too_old() public {
        skip(PRICE_STALENESS + 1);
        reportGasPrice(GAS_PRICE);

        vm.expectRevert(
            abi.encodeWithSelector(
                IFeeQuoter.StaleTokenPrice.selector, address(link), PRICE_STALENESS, PRICE_STALENESS + 1
            )
        );
        quote(aMessage());
    }

    function test_reverts_when_the_share_of_a_token_without_price_is_asked() public {
        reportTokenPrice(address(usdc), 0);

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.TokenNotSupported.selector, address(usdc)));
        quote(aTransfer(address(usdc), 1e6));
    }

    /* THE FEE: VECTORS */

    function test_vector_100_bytes_paid_in_wrapped_native() public view {
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(weth);

        assertEq(quote(message), 11085200000000000);
    }

    function test_vector_100_bytes_paid_in_link() public view {
        assertEq(quote(aMessage()), 1477360000000000000);
    }

    function test_vector_1000_usdc_paid_in_wrapped_native() public view {
        Client.EVM2AnyMessage memory message = aTransfer(address(usdc), 1000e6);
        message.feeToken = address(weth);

        assertEq(quote(message), 8930000000000000);
    }

    function test_vector_100_bytes_with_data_availability() public {
        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.destDataAvailabilityOverheadGas = 100;
        config.destGasPerDataAvailabilityByte = 16;
        config.destDataAvailabilityMultiplierBps = 6840;
        setChainConfig(config);
        reportGasPrice((uint224(6e13) << 112) | GAS_PRICE); // 30 gwei at $2000
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(weth);

        assertEq(quote(message), 11298690080000000);
    }

    /* THE FEE: TERMS */

    function test_tokens_without_a_config_cost_the_default() public view {
        Client.EVM2AnyMessage memory message = aTransfer(address(burnMintToken), 1);
        message.feeToken = address(weth);
        uint256 execution = uint256(390_000) * GAS_PRICE * 11 / 10; // USD × 1e18

        assertEq(quote(message), (execution + 0.25e18) * 1e18 / ETH_PRICE);
    }

    function test_the_token_fee_stays_within_its_bounds() public view {
        Client.EVM2AnyMessage memory message = aTransfer(address(usdc), 1);
        message.feeToken = address(weth);
        uint256 execution = uint256(390_000) * GAS_PRICE * 11 / 10;
        assertEq(quote(message), (execution + 0.5e18) * 1e18 / ETH_PRICE);

        message.tokenAmounts[0].amount = type(uint256).max;
        assertEq(quote(message), (execution + 1000e18) * 1e18 / ETH_PRICE);
    }

    function test_no_share_of_the_value_needs_no_price() public {
        IFeeQuoter.TokenTransferFeeConfig memory config = usdcFee();
        config.deciBps = 0;
        setTransferFee(address(usdc), config);
        reportTokenPrice(address(usdc), 0);
        Client.EVM2AnyMessage memory message = aTransfer(address(usdc), 1_000_000e6);
        message.feeToken = address(weth);

        assertEq(quote(message), (uint256(390_000) * GAS_PRICE * 11 / 10 + 0.5e18) * 1e18 / ETH_PRICE);
    }

    function test_tokens_replace_the_network_fee_and_add_up() public view {
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(weth);
        message.extraArgs = extraArgs(0, true);
        message.data = "";
        message.tokenAmounts = new Client.EVMTokenAmount[](2);
        message.tokenAmounts[0] = Client.EVMTokenAmount(address(usdc), 1000e6);
        message.tokenAmounts[1] = Client.EVMTokenAmount(address(burnMintToken), 5);
        uint256 execution = uint256(480_000) * GAS_PRICE * 11 / 10;

        assertEq(quote(message), (execution + 0.7e18 + 0.25e18) * 1e18 / ETH_PRICE);
    }

    function testFuzz_bytes_above_the_threshold_cost_the_high_price(uint256 size) public {
        size = bound(size, 0, 30_000);
        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.destGasPerPayloadByteHigh = 40;
        setChainConfig(config);
        Client.EVM2AnyMessage memory message = aMessage();
        message.feeToken = address(weth);
        message.data = new bytes(size);
        uint256 calldataGas = size <= 3_000 ? size * 16 : 3_000 * 16 + (size - 3_000) * 40;
        uint256 execution = (500_000 + calldataGas) * GAS_PRICE * 11 / 10;

        assertEq(quote(message), (execution + 0.1e18) * 1e18 / ETH_PRICE);
    }

    function testFuzz_equal_byte_prices_make_the_threshold_meaningless(uint32 threshold, uint16 size) public {
        Client.EVM2AnyMessage memory message = aMessage();
        message.data = new bytes(bound(size, 0, 30_000));
        uint256 before = quote(message);
        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.destGasPerPayloadByteThreshold = threshold;
        setChainConfig(config);

        assertEq(quote(message), before);
    }

    function testFuzz_more_never_costs_less(uint16 size, uint32 gasLimit, uint112 gasPrice) public {
        uint224 price = uint224(bound(gasPrice, 1e6, 1e14));
        reportGasPrice(price);
        Client.EVM2AnyMessage memory message = aMessage();
        message.data = new bytes(bound(size, 1, 29_999));
        uint256 gas = bound(gasLimit, 1, 2_999_999);
        message.extraArgs = extraArgs(gas, true);
        uint256 fee = quote(message);
        assertGt(fee, 0);

        message.extraArgs = extraArgs(gas + 1, true);
        assertGe(quote(message), fee);
        message.data = bytes.concat(message.data, "1");
        assertGe(quote(message), fee);
        reportGasPrice(price + 1);
        assertGe(quote(message), fee);
    }
}
