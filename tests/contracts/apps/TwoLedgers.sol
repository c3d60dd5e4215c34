// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CallTerms, Outcome} from "../../../contracts/apps/ICrossChainApp.sol";
import {Ledger} from "./Ledger.sol";
import {Delivery, LocalNetwork, LocalRouter} from "./LocalNetwork.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Two ledgers that trust each other: one at home, where calls are made, and one away.
abstract contract TwoLedgers is Test {
    uint64 internal constant HOME = 7759470850252068959;
    uint64 internal constant AWAY = 3379446385462418246;
    uint64 internal constant NOWHERE = 12922642891491394802;
    uint256 internal constant START = 1_000;
    uint32 internal constant TIMEOUT = 1 hours;
    uint256 internal constant FEE = 0.001 ether;

    LocalNetwork internal network;
    LocalRouter internal homeRouter;
    LocalRouter internal awayRouter;
    Ledger internal home;
    Ledger internal away;
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        network = new LocalNetwork();
        homeRouter = network.addChain(HOME);
        awayRouter = network.addChain(AWAY);
        home = new Ledger(address(homeRouter), START);
        away = new Ledger(address(awayRouter), START);
        home.setPeer(AWAY, address(away));
        away.setPeer(HOME, address(home));
        vm.deal(address(away), 1 ether);
        vm.deal(stranger, 1 ether);
        network.on(HOME);
    }

    function terms() internal pure returns (CallTerms memory) {
        return CallTerms({gasLimit: 1_500_000, replyGasLimit: 300_000, timeout: TIMEOUT}); // this network keeps messages in storage
    }

    function give(uint256 units) internal returns (bytes32 callId) {
        network.on(HOME);
        return home.give{value: FEE}(AWAY, units, terms());
    }

    function callWith(bytes memory callData) internal returns (bytes32 callId) {
        network.on(HOME);
        return home.callWith{value: FEE}(AWAY, callData, terms());
    }

    function cancel(bytes32 callId) internal {
        network.on(HOME);
        home.cancel{value: FEE}(callId, 1_500_000, 300_000);
    }

    function outcomeAtHome(bytes32 callId) internal view returns (Outcome outcome) {
        (,, outcome,,) = home.calls(callId);
    }

    function decisionAway(bytes32 callId) internal view returns (Outcome outcome, bytes memory data) {
        return away.decisions(HOME, address(home), callId);
    }

    function assertSettled(bytes32 callId, Outcome outcome) internal view {
        assertEq(uint8(outcomeAtHome(callId)), uint8(outcome), "outcome at the origin");
        assertEq(home.successes(callId), outcome == Outcome.Succeeded ? 1 : 0, "successes");
        assertEq(home.failures(callId), outcome == Outcome.Failed ? 1 : 0, "failures");
    }

    function assertDelivery(uint256 index, Delivery state) internal view {
        assertEq(uint8(network.parcel(index).state), uint8(state), "state of the message");
    }

    receive() external payable {}
}
