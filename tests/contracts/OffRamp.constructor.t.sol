// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CommitStore} from "../../contracts/CommitStore.sol";
import {OffRamp} from "../../contracts/OffRamp.sol";
import {IOCRVerifier} from "../../contracts/interfaces/IOCRVerifier.sol";
import {IOffRamp} from "../../contracts/interfaces/IOffRamp.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {ExecutionReport} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @dev Deployment and what the owner may set.
contract OffRampConstructorTest is DestinationChain {
    /* FAILURES */

    function test_reverts_when_an_address_is_missing() public {
        for (uint256 i = 0; i < 5; ++i) {
            IOffRamp.StaticConfig memory config = rampConfig();
            IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();
            if (i == 0) config.commitStore = address(0);
            if (i == 1) config.onRamp = address(0);
            if (i == 2) config.rmnProxy = address(0);
            if (i == 3) config.tokenAdminRegistry = address(0);
            if (i == 4) dynamic_.router = address(0);

            vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
            new OffRamp(config, dynamic_);
        }
    }

    function test_reverts_when_the_commit_store_holds_roots_already() public {
        transmit(rootReport(keccak256("root"), 1, 1));
        IOffRamp.StaticConfig memory config = rampConfig();
        IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();

        vm.expectRevert(IOffRamp.CommitStoreAlreadyInUse.selector);
        new OffRamp(config, dynamic_);
    }

    /// @dev The owner lifts a curse, which voids blessings, and takes executed roots out: the number expected is 1 again.
    function test_reverts_when_the_commit_store_s_roots_were_executed_and_removed() public {
        ExecutionReport memory report = deliver(aMessage(1));
        execute(report);
        vm.prank(guardian);
        rmn.curse(SOURCE_SUBJECT);
        lift(SOURCE_SUBJECT);
        bytes32[] memory roots = new bytes32[](1);
        roots[0] = rootOf(report.messages);
        commitStore.resetUnblessedRoots(roots);
        assertEq(commitStore.getExpectedNextSequenceNumber(), 1);
        IOffRamp.StaticConfig memory config = rampConfig();
        IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();

        vm.expectRevert(IOffRamp.CommitStoreAlreadyInUse.selector);
        new OffRamp(config, dynamic_);
    }

    function test_reverts_when_the_commit_store_serves_another_lane() public {
        for (uint256 i = 0; i < 3; ++i) {
            IOffRamp.StaticConfig memory config = rampConfig();
            IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();
            if (i == 0) config.chainSelector = SOURCE_CHAIN;
            if (i == 1) config.sourceChainSelector = DEST_CHAIN;
            if (i == 2) config.onRamp = stranger;

            vm.expectRevert(IOffRamp.CommitStoreOfAnotherLane.selector);
            new OffRamp(config, dynamic_);
        }
    }

    /// @dev A replacement that listens to the same OnRamp would execute every old message again.
    function test_reverts_when_the_replaced_lane_has_the_same_on_ramp() public {
        IOffRamp.StaticConfig memory config = rampConfig();
        IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();
        config.prevOffRamp = address(offRamp);
        config.commitStore = address(new CommitStore(storeConfig()));

        vm.expectRevert(abi.encodeWithSelector(IOffRamp.OnRampAlreadyServed.selector, onRamp));
        new OffRamp(config, dynamic_);
    }

    function test_only_the_owner_configures() public {
        IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();
        vm.startPrank(stranger);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        offRamp.setDynamicConfig(dynamic_);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        offRamp.setExecutors(new address[](0), new address[](0));
    }

    function test_reverts_when_the_router_or_an_executor_is_zero() public {
        IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();
        dynamic_.router = address(0);
        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        offRamp.setDynamicConfig(dynamic_);

        vm.expectRevert(EVMAddress.ZeroAddressNotAllowed.selector);
        offRamp.setExecutors(new address[](0), new address[](1));
    }

    function test_without_executors_execute_refuses_everybody() public {
        address[] memory removes = new address[](1);
        removes[0] = executor;
        offRamp.setExecutors(removes, new address[](0));
        ExecutionReport memory report = deliver(aMessage(1));

        vm.expectRevert(IOCRVerifier.UnauthorizedTransmitter.selector);
        offRamp.execute(report);
    }

    /* EFFECTS */

    function test_tells_what_it_serves() public view {
        assertEq(offRamp.typeAndVersion(), "OffRamp 1.5.0");
        assertEq(abi.encode(offRamp.getStaticConfig()), abi.encode(rampConfig()));
        assertEq(abi.encode(offRamp.getDynamicConfig()), abi.encode(dynamicConfig()));
    }

    function test_the_owner_sets_the_dynamic_part() public {
        IOffRamp.DynamicConfig memory dynamic_ = dynamicConfig();
        dynamic_.maxDataBytes = 7;

        vm.expectEmit(address(offRamp));
        emit IOffRamp.ConfigSet(rampConfig(), dynamic_);
        offRamp.setDynamicConfig(dynamic_);

        assertEq(offRamp.getDynamicConfig().maxDataBytes, 7);
    }

    function test_the_owner_registers_and_removes_executors() public {
        address[] memory removes = new address[](1);
        address[] memory adds = new address[](1);
        (removes[0], adds[0]) = (executor, stranger);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.ExecutorRemoved(executor);
        vm.expectEmit(address(offRamp));
        emit IOffRamp.ExecutorAdded(stranger);
        offRamp.setExecutors(removes, adds);

        assertEq(offRamp.getTransmitters().length, 1);
        assertEq(offRamp.getTransmitters()[0], stranger);
    }
}
