// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OnRamp} from "../../contracts/OnRamp.sol";
import {RMNProxy} from "../../contracts/RMNProxy.sol";
import {Router} from "../../contracts/Router.sol";
import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {IOnRamp} from "../../contracts/interfaces/IOnRamp.sol";
import {AllowList} from "../../contracts/libraries/AllowList.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract OnRampSetDynamicConfigTest is SourceChain {
    function setUp() public {
        deploySourceChain();
    }

    function deployWith(IOnRamp.StaticConfig memory config) internal returns (OnRamp) {
        return new OnRamp(config, address(router), address(feeQuoter), feeAggregator);
    }

    function test_reverts_for_anybody_but_the_owner() public {
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        onRamp.setDynamicConfig(address(router), address(feeQuoter), feeAggregator);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        onRamp.applyAllowListUpdates(false, new address[](0), new address[](0));
    }

    function test_reverts_when_any_address_is_zero() public {
        vm.expectRevert(IOnRamp.InvalidConfig.selector);
        onRamp.setDynamicConfig(address(0), address(feeQuoter), feeAggregator);
        vm.expectRevert(IOnRamp.InvalidConfig.selector);
        onRamp.setDynamicConfig(address(router), address(0), feeAggregator);
        vm.expectRevert(IOnRamp.InvalidConfig.selector);
        onRamp.setDynamicConfig(address(router), address(feeQuoter), address(0));
    }

    function test_reverts_when_the_router_asks_another_risk_network() public {
        address elsewhere = address(new RMNProxy(address(rmn)));
        address another = address(new Router(address(weth), elsewhere));

        vm.expectRevert(abi.encodeWithSelector(IOnRamp.RouterAsksAnotherRMN.selector, another, elsewhere));
        onRamp.setDynamicConfig(another, address(feeQuoter), feeAggregator);
    }

    function test_cannot_be_deployed_without_what_it_needs() public {
        for (uint256 i = 0; i < 6; ++i) {
            IOnRamp.StaticConfig memory config = staticConfig(address(0));
            if (i == 0) config.linkToken = address(0);
            if (i == 1) config.rmnProxy = address(0);
            if (i == 2) config.tokenAdminRegistry = address(0);
            if (i == 3) config.chainSelector = 0;
            if (i == 4) config.destChainSelector = 0;
            if (i == 5) config.destChainSelector = config.chainSelector;
            vm.expectRevert(IOnRamp.InvalidConfig.selector);
            deployWith(config);
        }
    }

    function test_keeps_its_static_config() public view {
        assertEq(abi.encode(onRamp.getStaticConfig()), abi.encode(staticConfig(address(0))));
        assertEq(onRamp.typeAndVersion(), "OnRamp 1.5.0");
    }

    function test_changes_and_says_so() public {
        address another = address(new Router(address(weth), address(rmnProxy)));
        vm.expectEmit(address(onRamp));
        emit IOnRamp.ConfigSet(staticConfig(address(0)), another, sender, receiver);
        onRamp.setDynamicConfig(another, sender, receiver);

        assertEq(onRamp.router(), another);
        assertEq(address(onRamp.feeQuoter()), sender);
        assertEq(onRamp.feeAggregator(), receiver);
    }

    function test_answers_in_the_shape_of_the_lanes_version() public view {
        IOnRamp.DynamicConfig memory config = onRamp.getDynamicConfig();
        assertEq(config.router, address(router));
        assertEq(config.priceRegistry, address(feeQuoter));
        assertEq(config.maxNumberOfTokensPerMsg, 3);
        assertEq(config.destGasOverhead, 300_000);
        assertEq(config.destGasPerPayloadByte, 16);
        assertEq(config.maxDataBytes, 30_000);
        assertEq(config.maxPerMsgGasLimit, 3_000_000);
        assertEq(config.defaultTokenFeeUSDCents, 25);
        assertEq(config.defaultTokenDestGasOverhead, 90_000);
        assertFalse(config.enforceOutOfOrder);

        IFeeQuoter.FeeTokenConfig memory feeToken = onRamp.getFeeTokenConfig(address(link));
        assertTrue(feeToken.enabled);
        assertEq(feeToken.premiumMultiplierWeiPerEth, 0.9e18);

        IOnRamp.TokenTransferFeeConfig memory transferFee = onRamp.getTokenTransferFeeConfig(address(usdc));
        assertTrue(transferFee.isEnabled);
        assertFalse(transferFee.aggregateRateLimitEnabled);
        assertEq(transferFee.deciBps, 70);
        assertEq(transferFee.minFeeUSDCents, 50);
        assertEq(transferFee.destBytesOverhead, 32);
    }

    function test_a_private_lane_serves_its_list() public {
        assertFalse(onRamp.isAllowListEnabled());
        address[] memory adds = new address[](2);
        adds[0] = sender; // the second is zero, and passed over

        vm.expectEmit(address(onRamp));
        emit AllowList.AllowListAdd(sender);
        onRamp.applyAllowListUpdates(true, new address[](0), adds);

        assertTrue(onRamp.isAllowListEnabled());
        assertEq(onRamp.getAllowList().length, 1);
        send(aMessage());

        vm.expectEmit(address(onRamp));
        emit AllowList.AllowListRemove(sender);
        onRamp.applyAllowListUpdates(true, adds, new address[](0));
        vm.expectRevert(abi.encodeWithSelector(AllowList.SenderNotAllowed.selector, sender));
        send(aMessage());

        onRamp.applyAllowListUpdates(false, new address[](0), new address[](0));
        send(aMessage());
    }
}
