// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOffRamp} from "../../contracts/interfaces/IOffRamp.sol";
import {EVMAddress} from "../../contracts/libraries/EVMAddress.sol";
import {ExactGasCall} from "../../contracts/libraries/ExactGasCall.sol";
import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {Client} from "../../contracts/types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState, SourceTokenData} from "../../contracts/types/Message.sol";
import {Pool} from "../../contracts/types/Pool.sol";
import {ExecutionReport} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {DestNotAPool, DestPool} from "./mocks/DestPools.sol";
import {DestReceiver} from "./mocks/DestReceivers.sol";

/// @dev The token step and its atomicity with the receiver, reached through `execute`.
contract OffRampExecuteSingleMessageTest is DestinationChain {
    uint32 internal constant TOKEN_GAS = 300_000;
    uint256 internal constant AMOUNT = 5 ether;

    BurnMintERC20 internal token;
    DestPool internal pool;

    function setUp() public override {
        super.setUp();
        token = new BurnMintERC20("Token", "TKN", 18);
        pool = new DestPool(token);
        token.grantMintAndBurnRoles(address(pool));
        listToken(address(token), address(pool));
    }

    function aTokenMessage() internal view returns (EVM2EVMMessage memory message) {
        message = aMessage(1);
        withToken(message, address(token), AMOUNT, TOKEN_GAS);
    }

    /// @dev Executes and expects exactly this failure; nothing may have moved.
    function assertFails(EVM2EVMMessage memory message, bytes memory err) internal {
        ExecutionReport memory report = deliver(message);

        vm.expectEmit(address(offRamp));
        emit IOffRamp.ExecutionStateChanged(
            message.sequenceNumber, message.messageId, MessageExecutionState.FAILURE, err
        );
        execute(report);

        assertState(message.sequenceNumber, MessageExecutionState.FAILURE);
        assertEq(token.totalSupply(), 0);
        assertEq(receiver.received(), 0);
    }

    /* FAILURES */

    function test_reverts_for_anybody_but_the_off_ramp_itself() public {
        vm.expectRevert(IOffRamp.CanOnlySelfCall.selector);
        vm.prank(executor);
        offRamp.executeSingleMessage(aTokenMessage(), new bytes[](1), new uint32[](1));
    }

    function test_fails_when_the_token_has_no_pool() public {
        registry.setPool(address(token), address(0));

        assertFails(aTokenMessage(), abi.encodeWithSelector(IOffRamp.NotACompatiblePool.selector, address(0)));
    }

    function test_fails_when_the_pool_is_none() public {
        address notAPool = address(new DestNotAPool());
        registry.setPool(address(token), notAPool);

        assertFails(aTokenMessage(), abi.encodeWithSelector(IOffRamp.NotACompatiblePool.selector, notAPool));
    }

    function test_fails_when_the_destination_token_is_no_address() public {
        EVM2EVMMessage memory message = aTokenMessage();
        bytes[3] memory bad = [bytes("short"), abi.encode(uint256(1023)), abi.encode(type(uint168).max)];
        for (uint64 i = 0; i < 3; ++i) {
            message.sequenceNumber = i + 1;
            message.sourceTokenData[0] =
                abi.encode(SourceTokenData(abi.encode(address(0x9001)), bad[i], "", TOKEN_GAS));
            seal(message);

            assertFails(message, abi.encodeWithSelector(EVMAddress.InvalidEVMAddress.selector, bad[i]));
        }
    }

    function test_fails_when_the_token_has_no_code() public {
        address ghost = makeAddr("ghost token");
        listToken(ghost, address(pool));
        EVM2EVMMessage memory message = aMessage(1);
        withToken(message, ghost, AMOUNT, TOKEN_GAS);

        assertFails(message, abi.encodeWithSelector(ExactGasCall.NoContract.selector));
    }

    function test_fails_when_the_pool_reverts() public {
        pool.setMood(DestPool.Mood.REVERTS);

        assertFails(
            aTokenMessage(),
            abi.encodeWithSelector(
                IOffRamp.TokenHandlingError.selector, abi.encodeWithSelector(DestPool.Broke.selector, 7)
            )
        );
    }

    function test_fails_when_the_pool_reverts_without_a_word() public {
        pool.setMood(DestPool.Mood.REVERTS_EMPTY);

        assertFails(aTokenMessage(), abi.encodeWithSelector(IOffRamp.TokenHandlingError.selector, ""));
    }

    function test_fails_when_the_pool_burns_all_its_gas() public {
        pool.setMood(DestPool.Mood.BURNS_ALL_GAS);

        assertFails(aTokenMessage(), abi.encodeWithSelector(IOffRamp.TokenHandlingError.selector, ""));
    }

    function test_fails_when_the_gas_that_was_paid_for_is_not_enough() public {
        EVM2EVMMessage memory message = aMessage(1);
        withToken(message, address(token), AMOUNT, 20_000);

        assertFails(message, abi.encodeWithSelector(IOffRamp.TokenHandlingError.selector, ""));
    }

    /// @dev A pool can't make its failure look like the receiver's, which open calls would record.
    function test_a_pool_that_forges_a_receiver_error_is_wrapped() public {
        pool.setMood(DestPool.Mood.FORGES_RECEIVER_ERROR);

        assertFails(
            aTokenMessage(),
            abi.encodeWithSelector(
                IOffRamp.TokenHandlingError.selector,
                abi.encodeWithSelector(DestPool.ReceiverError.selector, bytes("not mine"))
            )
        );
    }

    function test_fails_when_the_pool_answers_too_little_or_too_much() public {
        pool.setMood(DestPool.Mood.RETURNS_NOTHING);
        assertFails(aTokenMessage(), abi.encodeWithSelector(IOffRamp.InvalidDataLength.selector, 32, 0));

        pool.setMood(DestPool.Mood.RETURN_BOMB);
        EVM2EVMMessage memory message = aTokenMessage();
        message.sequenceNumber = 2;
        seal(message);
        assertFails(message, abi.encodeWithSelector(IOffRamp.InvalidDataLength.selector, 32, 132));
    }

    function test_a_revert_bomb_of_a_pool_is_cut() public {
        pool.setMood(DestPool.Mood.REVERT_BOMB);

        assertFails(
            aTokenMessage(), abi.encodeWithSelector(IOffRamp.TokenHandlingError.selector, new bytes(132))
        );
    }

    function test_fails_when_the_balance_does_not_grow_by_what_the_pool_says() public {
        pool.setMood(DestPool.Mood.CLAIMS_MORE);
        assertFails(
            aTokenMessage(),
            abi.encodeWithSelector(IOffRamp.ReleaseOrMintBalanceMismatch.selector, AMOUNT + 1, 0, AMOUNT)
        );

        pool.setMood(DestPool.Mood.CLAIMS_LESS);
        EVM2EVMMessage memory message = aTokenMessage();
        message.sequenceNumber = 2;
        seal(message);
        assertFails(
            message,
            abi.encodeWithSelector(IOffRamp.ReleaseOrMintBalanceMismatch.selector, AMOUNT - 1, 0, AMOUNT)
        );
    }

    function test_a_refusing_receiver_gives_the_tokens_back() public {
        receiver.setRefuses(true);

        assertFails(
            aTokenMessage(),
            abi.encodeWithSelector(
                IOffRamp.ReceiverError.selector, abi.encodeWithSelector(DestReceiver.Refused.selector, 42)
            )
        );
    }

    /* EFFECTS */

    function testFuzz_tokens_arrive_and_the_receiver_is_told(uint128 amount, bytes memory attestation)
        public
    {
        EVM2EVMMessage memory message = aMessage(1);
        withToken(message, address(token), amount, 5_000_000);
        ExecutionReport memory report = deliver(message);
        report.offchainTokenData[0][0] = attestation;

        execute(report);

        assertState(1, MessageExecutionState.SUCCESS);
        assertEq(token.balanceOf(address(receiver)), amount);
        assertEq(abi.encode(receiver.last().destTokenAmounts[0]), abi.encode(address(token), amount));
        Pool.ReleaseOrMintInV1 memory order = pool.last();
        assertEq(order.originalSender, abi.encode(sender));
        assertEq(order.remoteChainSelector, SOURCE_CHAIN);
        assertEq(order.receiver, address(receiver));
        assertEq(order.amount, amount);
        assertEq(order.localToken, address(token));
        assertEq(order.sourcePoolAddress, abi.encode(address(0x9001)));
        assertEq(order.sourcePoolData, abi.encode(uint8(18)));
        assertEq(order.offchainTokenData, attestation);
    }

    function test_an_account_gets_its_tokens() public {
        EVM2EVMMessage memory message = aTokenMessage();
        (message.receiver, message.data, message.gasLimit) = (stranger, "", 0);
        seal(message);

        execute(deliver(message));

        assertEq(token.balanceOf(stranger), AMOUNT);
    }

    /// @dev Its balance may do anything while it releases, so it is not looked at.
    function test_a_pool_may_be_its_own_receiver() public {
        pool.setMood(DestPool.Mood.CLAIMS_MORE);
        EVM2EVMMessage memory message = aTokenMessage();
        message.receiver = address(pool);
        seal(message);

        execute(deliver(message));

        assertState(1, MessageExecutionState.SUCCESS);
    }

    function test_several_tokens_are_all_or_nothing() public {
        BurnMintERC20 other = new BurnMintERC20("Other", "OTH", 18);
        DestPool otherPool = new DestPool(other);
        other.grantMintAndBurnRoles(address(otherPool));
        listToken(address(other), address(otherPool));
        EVM2EVMMessage memory message = twoTokens(address(other));
        otherPool.setMood(DestPool.Mood.REVERTS);
        execute(deliver(message));
        assertState(1, MessageExecutionState.FAILURE);
        assertEq(token.totalSupply(), 0);

        otherPool.setMood(DestPool.Mood.HONEST);
        message.sequenceNumber = 2;
        seal(message);
        execute(deliver(message));
        assertState(2, MessageExecutionState.SUCCESS);
        assertEq(token.balanceOf(address(receiver)), AMOUNT);
        assertEq(other.balanceOf(address(receiver)), 7);
        assertEq(receiver.last().destTokenAmounts.length, 2);
    }

    function twoTokens(address other) internal view returns (EVM2EVMMessage memory message) {
        message = aTokenMessage();
        bytes memory firstData = message.sourceTokenData[0];
        message.tokenAmounts = new Client.EVMTokenAmount[](2);
        message.tokenAmounts[0] = Client.EVMTokenAmount({token: address(0x50CE), amount: AMOUNT});
        message.tokenAmounts[1] = Client.EVMTokenAmount({token: address(0x50CF), amount: 7});
        message.sourceTokenData = new bytes[](2);
        message.sourceTokenData[0] = firstData;
        message.sourceTokenData[1] =
            abi.encode(SourceTokenData(abi.encode(address(0x9002)), abi.encode(other), "", TOKEN_GAS));
        seal(message);
    }
}
