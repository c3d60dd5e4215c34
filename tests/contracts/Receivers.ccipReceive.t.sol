// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CCIPReceiver} from "../../contracts/receivers/CCIPReceiver.sol";
import {DefensiveReceiver} from "../../contracts/receivers/DefensiveReceiver.sol";
import {PingPong} from "../../contracts/receivers/PingPong.sol";
import {Client} from "../../contracts/types/Client.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {FragileReceiver} from "./mocks/FragileReceiver.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract ReceiversCcipReceiveTest is SourceChain {
    FragileReceiver internal fragile;
    PingPong internal player;

    function setUp() public {
        deploySourceChain();
        fragile = new FragileReceiver(address(router));
        fragile.setTrustedSender(DEST_CHAIN, abi.encode(stranger));
        player = new PingPong(address(router), address(link));
        player.setCounterpart(DEST_CHAIN, stranger);
        link.mint(address(player), 100e18);
    }

    function incoming(bytes memory data) internal view returns (Client.Any2EVMMessage memory message) {
        message.messageId = keccak256("id");
        message.sourceChainSelector = DEST_CHAIN;
        message.sender = abi.encode(stranger);
        message.data = data;
        message.destTokenAmounts = new Client.EVMTokenAmount[](1);
        message.destTokenAmounts[0] = Client.EVMTokenAmount(address(usdc), 5);
    }

    function deliver(CCIPReceiver to, Client.Any2EVMMessage memory message) internal {
        vm.prank(address(router));
        to.ccipReceive(message);
    }

    /* ANY RECEIVER */

    function testFuzz_reverts_for_anybody_but_the_router(address caller) public {
        vm.assume(caller != address(router));

        vm.expectRevert(abi.encodeWithSelector(CCIPReceiver.InvalidRouter.selector, caller));
        vm.prank(caller);
        fragile.ccipReceive(incoming(""));
    }

    function test_cannot_be_deployed_without_a_router() public {
        vm.expectRevert(abi.encodeWithSelector(CCIPReceiver.InvalidRouter.selector, address(0)));
        new FragileReceiver(address(0));
    }

    function test_answers_the_probes_of_an_off_ramp() public view {
        assertTrue(fragile.supportsInterface(0x85572ffb));
        assertTrue(fragile.supportsInterface(0x01ffc9a7));
        assertFalse(fragile.supportsInterface(0xffffffff));
        assertEq(fragile.getRouter(), address(router));
    }

    /* DEFENSIVE */

    function test_hears_only_the_trusted_sender_of_a_chain() public {
        Client.Any2EVMMessage memory message = incoming("");
        message.sender = abi.encode(sender);
        vm.expectRevert(
            abi.encodeWithSelector(DefensiveReceiver.UntrustedSender.selector, DEST_CHAIN, message.sender)
        );
        deliver(fragile, message);

        message = incoming("");
        message.sourceChainSelector = OTHER_CHAIN;
        vm.expectRevert(
            abi.encodeWithSelector(DefensiveReceiver.UntrustedSender.selector, OTHER_CHAIN, message.sender)
        );
        deliver(fragile, message);

        message.sender = "";
        vm.expectRevert(abi.encodeWithSelector(DefensiveReceiver.UntrustedSender.selector, OTHER_CHAIN, ""));
        deliver(fragile, message);
    }

    function test_works_at_once_when_it_can() public {
        deliver(fragile, incoming(""));

        assertEq(fragile.processed(), 1);
        assertEq(fragile.failedMessages(keccak256("id")), bytes32(0));
    }

    function test_keeps_what_failed_and_undoes_the_work() public {
        fragile.setBroken(true);

        vm.expectEmit(address(fragile));
        emit DefensiveReceiver.MessageFailed(
            keccak256("id"), abi.encodeWithSelector(FragileReceiver.Broken.selector)
        );
        deliver(fragile, incoming(""));

        assertEq(fragile.processed(), 0);
        assertEq(fragile.failedMessages(keccak256("id")), keccak256(abi.encode(incoming(""))));
    }

    function test_anyone_retries_exactly_once() public {
        fragile.setBroken(true);
        deliver(fragile, incoming(""));

        vm.expectRevert(FragileReceiver.Broken.selector);
        fragile.retry(incoming(""));

        fragile.setBroken(false);
        vm.prank(sender);
        fragile.retry(incoming(""));
        assertEq(fragile.processed(), 1);

        vm.expectRevert(abi.encodeWithSelector(DefensiveReceiver.NotAFailedMessage.selector, keccak256("id")));
        fragile.retry(incoming(""));
    }

    function test_retries_nothing_but_what_failed() public {
        fragile.setBroken(true);
        deliver(fragile, incoming(""));
        fragile.setBroken(false);

        vm.expectRevert(abi.encodeWithSelector(DefensiveReceiver.NotAFailedMessage.selector, keccak256("id")));
        fragile.retry(incoming("altered"));
    }

    function test_the_owner_gives_tokens_of_a_failed_message_back() public {
        usdc.mint(address(fragile), 5);
        fragile.setBroken(true);
        deliver(fragile, incoming(""));

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, sender));
        vm.prank(sender);
        fragile.abandon(incoming(""), sender);

        fragile.abandon(incoming(""), sender);
        assertEq(usdc.balanceOf(sender), 1_000_000e6 + 5);
        vm.expectRevert(abi.encodeWithSelector(DefensiveReceiver.NotAFailedMessage.selector, keccak256("id")));
        fragile.abandon(incoming(""), sender);
    }

    function test_nobody_else_asks_for_the_work() public {
        vm.expectRevert(DefensiveReceiver.OnlySelf.selector);
        fragile.process(incoming(""));
    }

    /* PING-PONG */

    function test_serves_and_returns_the_ball() public {
        vm.expectEmit(address(player));
        emit PingPong.Ping(1);
        player.start();

        vm.expectEmit(address(player));
        emit PingPong.Ping(3);
        deliver(player, incoming(abi.encode(2)));

        assertEq(onRamp.getExpectedNextSequenceNumber(), 3);
    }

    function test_answers_an_odd_ball_with_an_even_one() public {
        vm.expectEmit(address(player));
        emit PingPong.Pong(2);
        deliver(player, incoming(abi.encode(1)));
    }

    function test_a_paused_player_lets_the_ball_drop() public {
        player.setPaused(true);

        deliver(player, incoming(abi.encode(2)));

        assertEq(onRamp.getExpectedNextSequenceNumber(), 1);
    }

    function test_plays_with_its_counterpart_only() public {
        Client.Any2EVMMessage memory message = incoming(abi.encode(2));
        message.sender = abi.encode(sender);
        vm.expectRevert(
            abi.encodeWithSelector(PingPong.NotTheCounterpart.selector, DEST_CHAIN, message.sender)
        );
        deliver(player, message);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, sender));
        vm.prank(sender);
        player.start();
    }
}
