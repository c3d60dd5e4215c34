// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {FeeQuoter} from "../../contracts/FeeQuoter.sol";
import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice The configuration of a lane: its chain, its fee tokens, its tokens.
contract FeeQuoterApplyConfigUpdatesTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function setFeeToken(uint64 chain, address token, bool enabled) internal {
        IFeeQuoter.FeeTokenConfigArgs[] memory args = new IFeeQuoter.FeeTokenConfigArgs[](1);
        args[0] = IFeeQuoter.FeeTokenConfigArgs(token, 10, 1e18, 1e18, enabled);
        feeQuoter.applyFeeTokenConfigUpdates(chain, args);
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_owner() public {
        vm.startPrank(stranger);
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
        vm.expectRevert(refusal);
        setChainConfig(chainConfig());
        vm.expectRevert(refusal);
        setFeeToken(DEST_CHAIN, address(link), true);
        vm.expectRevert(refusal);
        setTransferFee(address(usdc), usdcFee());
    }

    function test_reverts_when_deployed_without_what_it_needs() public {
        vm.expectRevert(IFeeQuoter.InvalidStaticConfig.selector);
        new FeeQuoter(IFeeQuoter.StaticConfig(0, address(link), 1));
        vm.expectRevert(IFeeQuoter.InvalidStaticConfig.selector);
        new FeeQuoter(IFeeQuoter.StaticConfig(1, address(0), 1));
        vm.expectRevert(IFeeQuoter.InvalidStaticConfig.selector);
        new FeeQuoter(IFeeQuoter.StaticConfig(1, address(link), 0));
    }

    function test_reverts_when_a_chain_config_cannot_be_meant() public {
        for (uint256 i = 0; i < 3; ++i) {
            IFeeQuoter.DestChainConfig memory config = chainConfig();
            if (i == 0) config.gasPriceStalenessThreshold = 0;
            if (i == 1) config.defaultTxGasLimit = 0;
            if (i == 2) config.defaultTxGasLimit = config.maxPerMsgGasLimit + 1;
            vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.InvalidDestChainConfig.selector, DEST_CHAIN));
            setChainConfig(config);
        }

        IFeeQuoter.DestChainConfigArgs[] memory args = new IFeeQuoter.DestChainConfigArgs[](1);
        args[0] = IFeeQuoter.DestChainConfigArgs(0, chainConfig());
        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.InvalidDestChainConfig.selector, 0));
        feeQuoter.applyDestChainConfigUpdates(args);
    }

    function test_reverts_when_a_fee_token_is_zero() public {
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        setFeeToken(DEST_CHAIN, address(0), true);
    }

    function test_reverts_when_the_bounds_of_a_token_fee_are_crossed() public {
        IFeeQuoter.TokenTransferFeeConfig memory config = usdcFee();
        config.maxFeeUSDCents = config.minFeeUSDCents - 1;

        vm.expectRevert(abi.encodeWithSelector(IFeeQuoter.InvalidFeeRange.selector, 50, 49));
        setTransferFee(address(usdc), config);
    }

    function test_reverts_when_a_pool_has_less_than_one_word() public {
        IFeeQuoter.TokenTransferFeeConfig memory config = usdcFee();
        config.destBytesOverhead = 31;

        vm.expectRevert(
            abi.encodeWithSelector(IFeeQuoter.InvalidDestBytesOverhead.selector, address(usdc), 31)
        );
        setTransferFee(address(usdc), config);
    }

    /* CHAINS */

    function test_keeps_the_chain_config() public {
        IFeeQuoter.DestChainConfig memory config = chainConfig();
        config.destGasOverhead = 1;

        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.DestChainConfigUpdated(DEST_CHAIN, config);
        setChainConfig(config);

        assertEq(abi.encode(feeQuoter.getDestChainConfig(DEST_CHAIN)), abi.encode(config));
    }

    function test_keeps_the_static_config() public view {
        IFeeQuoter.StaticConfig memory config = feeQuoter.getStaticConfig();
        assertEq(config.linkToken, address(link));
        assertEq(config.maxFeeJuelsPerMsg, MAX_FEE_JUELS);
        assertEq(config.tokenPriceStalenessThreshold, PRICE_STALENESS);
        assertEq(feeQuoter.getStalenessThreshold(), PRICE_STALENESS);
        assertEq(feeQuoter.typeAndVersion(), "FeeQuoter 1.6.0");
    }

    /* FEE TOKENS */

    function test_a_fee_token_is_listed_while_any_lane_takes_it() public {
        assertEq(feeQuoter.getFeeTokens().length, 2);

        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.FeeTokenAdded(address(usdc));
        setFeeToken(DEST_CHAIN, address(usdc), true);
        setFeeToken(OTHER_CHAIN, address(usdc), true);
        setFeeToken(OTHER_CHAIN, address(usdc), true); // again: counted once
        setFeeToken(DEST_CHAIN, address(usdc), false);
        assertEq(feeQuoter.getFeeTokens().length, 3);

        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.FeeTokenRemoved(address(usdc));
        setFeeToken(OTHER_CHAIN, address(usdc), false);
        assertEq(feeQuoter.getFeeTokens().length, 2);
    }

    function test_a_fee_token_is_configured_per_lane() public {
        setFeeToken(OTHER_CHAIN, address(usdc), true);

        assertTrue(feeQuoter.getFeeTokenConfig(OTHER_CHAIN, address(usdc)).enabled);
        assertFalse(feeQuoter.getFeeTokenConfig(DEST_CHAIN, address(usdc)).enabled);
    }

    /* TOKENS */

    function test_a_token_without_config_gets_the_default_gas_and_one_word() public view {
        (uint32 gas, uint32 size) = feeQuoter.getTokenDestOverheads(DEST_CHAIN, address(burnMintToken));
        assertEq(gas, 90_000);
        assertEq(size, 32);
    }

    function test_a_token_gets_what_its_config_says_until_it_is_removed() public {
        IFeeQuoter.TokenTransferFeeConfig memory config = usdcFee();
        (config.destGasOverhead, config.destBytesOverhead) = (123_000, 96);
        setTransferFee(address(usdc), config);

        (uint32 gas, uint32 size) = feeQuoter.getTokenDestOverheads(DEST_CHAIN, address(usdc));
        assertEq(gas, 123_000);
        assertEq(size, 96);
        assertTrue(feeQuoter.getTokenTransferFeeConfig(DEST_CHAIN, address(usdc)).isEnabled);

        IFeeQuoter.TokenTransferFeeConfigRemoveArgs[] memory removals =
            new IFeeQuoter.TokenTransferFeeConfigRemoveArgs[](1);
        removals[0] = IFeeQuoter.TokenTransferFeeConfigRemoveArgs(DEST_CHAIN, address(usdc));
        vm.expectEmit(address(feeQuoter));
        emit IFeeQuoter.TokenTransferFeeConfigDeleted(DEST_CHAIN, address(usdc));
        feeQuoter.applyTokenTransferFeeConfigUpdates(new IFeeQuoter.TokenTransferFeeConfigArgs[](0), removals);

        (gas, size) = feeQuoter.getTokenDestOverheads(DEST_CHAIN, address(usdc));
        assertEq(gas, 90_000);
        assertEq(size, 32);
    }
}
