// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Test} from "forge-std/Test.sol";

import {GreedyInbox} from "../../contracts/demo/GreedyInbox.sol";
import {Inbox} from "../../contracts/demo/Inbox.sol";
import {CCIPReceiver} from "../../contracts/receivers/CCIPReceiver.sol";
import {Client} from "../../contracts/types/Client.sol";

/// @dev This contract is the router.
contract InboxCcipReceiveTest is Test {
    Inbox internal inbox = new Inbox(address(this));
    GreedyInbox internal greedy = new GreedyInbox(address(this));

    function aMessage(bytes memory data) internal pure returns (Client.Any2EVMMessage memory message) {
        message.messageId = keccak256(data);
        message.sourceChainSelector = 9;
        message.sender = abi.encode(address(0xa11ce));
        message.data = data;
    }

    /* FAILURES */

    function test_only_the_router_delivers() public {
        address stranger = makeAddr("stranger");

        vm.expectRevert(abi.encodeWithSelector(CCIPReceiver.InvalidRouter.selector, stranger));
        vm.prank(stranger);
        inbox.ccipReceive(aMessage("hi"));
    }

    function testFuzz_a_greedy_inbox_refuses_a_small_gas_limit(uint256 limit) public {
        limit = bound(limit, 30_000, 150_000);

        vm.expectPartialRevert(GreedyInbox.NeedsMoreGas.selector);
        greedy.ccipReceive{gas: limit}(aMessage("hi"));
    }

    /* EFFECTS */

    function testFuzz_an_inbox_keeps_the_last_message_and_counts(bytes memory data) public {
        vm.assume(data.length < 1_000);
        inbox.ccipReceive(aMessage("first"));

        vm.expectEmit(address(inbox));
        emit Inbox.MessageReceived(keccak256(data), 9, abi.encode(address(0xa11ce)), data);
        inbox.ccipReceive(aMessage(data));

        assertEq(inbox.count(), 2);
        assertEq(inbox.lastMessageId(), keccak256(data));
        assertEq(inbox.lastData(), data);
    }

    function test_a_greedy_inbox_works_on_a_larger_limit() public {
        greedy.ccipReceive{gas: 160_000}(aMessage("hi"));

        assertEq(greedy.count(), 1);
    }
}
