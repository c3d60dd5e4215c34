// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OwnerTimelock} from "../../../contracts/OwnerTimelock.sol";
import {RMN} from "../../../contracts/RMN.sol";
import {RMNProxy} from "../../../contracts/RMNProxy.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IOnRamp} from "../../../contracts/interfaces/IOnRamp.sol";
import {IRouter} from "../../../contracts/interfaces/IRouter.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {ExecutionReport} from "../../../contracts/types/Report.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @notice Group G: the way in through the Router, administration and ownership.
/// forge-config: default.fuzz.runs = 48
/// forge-config: deep.fuzz.runs = 10000
contract AdminAttacksTest is TwoChains {
    /// @dev Poly lost everything to a message whose receiver was its own keeper.
    function test_G1_a_message_to_a_system_contract_does_nothing() public {
        address[] memory system = _system(THERE);
        bytes memory poison = abi.encodeWithSignature("transferOwnership(address)", stranger);
        bytes32 before = _fingerprint(system);
        for (uint64 i = 0; i < system.length; ++i) {
            Client.EVM2AnyMessage memory message = to(unordered(aMessage(out)), system[i]);
            message.data = poison;
            ExecutionReport memory report = deliver(out, send(out, message));
            execute(out, report);
            assertExecuted(out, i + 1); // none asks for a callback, so there is none
        }
        assertEq(_fingerprint(system), before);
    }

    /// @dev The only call a message can cause is ccipReceive, by the Router, at its receiver.
    function testFuzz_G2_a_message_expresses_no_other_call(bytes memory data, bytes4 selector) public {
        CallRecorder recorder = new CallRecorder();
        Client.EVM2AnyMessage memory message = to(aMessage(out), address(recorder));
        message.data = bytes.concat(selector, data);
        vm.assume(message.data.length <= MAX_DATA);

        execute(out, deliver(out, send(out, message)));

        assertEq(recorder.calls(), 1);
        assertEq(recorder.lastCaller(), address(chains[THERE].router));
        assertEq(recorder.lastSelector(), bytes4(0x85572ffb));
    }

    function testFuzz_G3_the_inner_doors_open_for_their_neighbour_only(address caller) public {
        Side storage there = enter(THERE);
        vm.assume(caller != address(out.offRamp) && caller != address(there.router));
        Client.Any2EVMMessage memory delivery;
        delivery.sourceChainSelector = HERE;
        vm.expectRevert(IRouter.OnlyOffRamp.selector);
        vm.prank(caller);
        there.router.routeMessage(delivery, 5_000, 100_000, address(there.receiver));

        EVM2EVMMessage memory message;
        vm.expectRevert(IOffRamp.CanOnlySelfCall.selector);
        vm.prank(caller);
        out.offRamp.executeSingleMessage(message, new bytes[](0), new uint32[](0));

        Client.EVM2AnyMessage memory leaving = aMessage(back);
        vm.expectRevert(IOnRamp.MustBeCalledByRouter.selector);
        vm.prank(caller);
        back.onRamp.forwardFromRouter(HERE, leaving, sender);
    }

    function test_G4_ownership_moves_in_two_steps_everywhere() public {
        address[] memory owned = _system(THERE);
        for (uint256 i = 0; i < owned.length; ++i) {
            Ownable2Step target = Ownable2Step(owned[i]);
            vm.prank(stranger);
            vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
            target.transferOwnership(stranger);
            target.transferOwnership(aggregator);
            assertEq(target.owner(), address(this));
            assertEq(target.pendingOwner(), aggregator);
            vm.prank(stranger);
            vm.expectRevert();
            target.acceptOwnership();
            vm.prank(aggregator);
            target.acceptOwnership();
            assertEq(target.owner(), aggregator);
        }
    }

    /// @dev Under a timelock everything waits but a curse.
    function test_G5_the_owner_waits_and_a_curse_does_not() public {
        address[] memory system = _system(THERE);
        address[] memory people = new address[](1);
        people[0] = aggregator;
        OwnerTimelock timelock = new OwnerTimelock(2 days, people, people);
        for (uint256 i = 0; i < system.length; ++i) {
            Ownable2Step(system[i]).transferOwnership(address(timelock));
            timelock.acceptOwnership(Ownable2Step(system[i]));
            assertEq(Ownable2Step(system[i]).owner(), address(timelock));
        }
        RMN rmn = enter(THERE).rmn;
        vm.prank(guardian);
        rmn.curse(GLOBAL);
        assertTrue(rmn.isCursed());

        bytes memory lift_ = abi.encodeCall(rmn.uncurse, (GLOBAL, rmn.votesHash(GLOBAL)));
        vm.expectRevert();
        rmn.uncurse(GLOBAL, 0);
        vm.startPrank(aggregator);
        timelock.schedule(address(rmn), 0, lift_, 0, 0, 2 days);
        vm.expectRevert();
        timelock.execute(address(rmn), 0, lift_, 0, 0);
        vm.warp(block.timestamp + 2 days);
        timelock.execute(address(rmn), 0, lift_, 0, 0);
        vm.stopPrank();
        assertFalse(rmn.isCursed());
    }

    /// @dev Constructors take everything; there is nothing to initialise, to upgrade or to point elsewhere.
    function test_G6_nothing_is_left_to_be_initialised_by_whoever_comes_first() public {
        address[] memory system = _system(THERE);
        bytes[4] memory calls = [
            abi.encodeWithSignature("initialize()"),
            abi.encodeWithSignature("initialize(address)", stranger),
            abi.encodeWithSignature("upgradeTo(address)", stranger),
            abi.encodeWithSignature("upgradeToAndCall(address,bytes)", stranger, "")
        ];
        RMN impostor = new RMN(stranger);
        vm.startPrank(stranger);
        for (uint256 i = 0; i < system.length; ++i) {
            assertEq(Ownable2Step(system[i]).owner(), address(this));
            for (uint256 j = 0; j < 4; ++j) {
                (bool done,) = system[i].call(calls[j]);
                assertFalse(done);
            }
        }
        RMNProxy proxy = chains[THERE].proxy;
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        proxy.setARM(address(impostor));
        vm.stopPrank();
    }

    // INV-EXEC-5
    /// @dev The old lane drains beside the new one, and neither executes what the other has executed.
    function test_G8_a_lane_is_replaced_with_messages_in_flight() public {
        ExecutionReport memory done = deliver(out, send(out, aMessage(out)));
        ExecutionReport memory inFlight = deliver(out, send(out, aMessage(out)));
        execute(out, done);
        Lane memory replacement = openLane(HERE, THERE, address(out.onRamp), address(out.offRamp));
        EVM2EVMMessage memory sent = send(replacement, aMessage(replacement));
        assertEq(sent.nonce, 3);
        ExecutionReport memory onNew = deliver(replacement, sent);

        vm.expectEmit(address(replacement.offRamp));
        emit IOffRamp.SkippedSenderWithPreviousRampMessageInflight(3, sender);
        execute(replacement, onNew);
        execute(out, inFlight);
        execute(replacement, onNew);
        execute(out, done);

        assertExecuted(out, 2);
        assertExecuted(replacement, 1);
        assertEq(chains[THERE].receiver.received(), 3);
        vm.expectRevert(IOffRamp.InvalidMessageId.selector);
        execute(replacement, done);
    }

    function _system(uint64 selector) private view returns (address[] memory system) {
        Side storage chain = chains[selector];
        system = new address[](9);
        system[0] = address(chain.router);
        system[1] = address(chain.rmn);
        system[2] = address(chain.proxy);
        system[3] = address(out.offRamp);
        system[4] = address(out.commitStore);
        system[5] = address(chain.registry);
        system[6] = address(chain.feeQuoter);
        system[7] = address(chain.lockPool);
        system[8] = address(chain.mintPool);
    }

    function _fingerprint(address[] memory system) private view returns (bytes32 print) {
        for (uint256 i = 0; i < system.length; ++i) {
            Ownable2Step target = Ownable2Step(system[i]);
            print = keccak256(abi.encode(print, target.owner(), target.pendingOwner(), system[i].balance));
        }
    }
}

/// @notice Counts every call but the questions of ERC-165, whatever function it names.
contract CallRecorder {
    uint256 public calls;
    address public lastCaller;
    bytes4 public lastSelector;

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id != 0xffffffff;
    }

    fallback() external payable {
        ++calls;
        lastCaller = msg.sender;
        lastSelector = msg.sig;
    }
}
