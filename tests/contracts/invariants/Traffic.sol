// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RMN} from "../../../contracts/RMN.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {MessageHasher} from "../../../contracts/libraries/MessageHasher.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {EVM2EVMMessage, MessageExecutionState} from "../../../contracts/types/Message.sol";
import {ExecutionReport} from "../../../contracts/types/Report.sol";
import {DestPool} from "../mocks/DestPools.sol";
import {DestReceiver, DestReentrant} from "../mocks/DestReceivers.sol";
import {Ledger} from "./Ledger.sol";
import {Vm} from "forge-std/Test.sol";

/// @notice Everyone who uses or abuses the lanes: senders, committers, monitors, executors and strangers. Each
/// function does one thing of its kind, picked by `seed`, and writes down what happened. None reverts.
abstract contract Traffic is Ledger {
    /// @dev A digit of the seed: digit 0 is the lane or the chain.
    function pick(uint256 seed, uint256 digit, uint256 choices) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, digit))) % choices;
    }

    /* SENDING */

    function send(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        Lane memory lane = lanes[l];
        Side storage side = enter(lane.source);
        address from = senders[pick(seed, 1, SENDERS)];
        Client.EVM2AnyMessage memory message = _compose(lane, seed);
        bool native = message.feeToken == address(0);
        uint256 fee;
        try side.router.getFee(lane.dest, message) returns (uint256 quoted) {
            fee = quoted;
        } catch {}
        uint256 value = native ? fee + pick(seed, 9, 2) * 1 ether : 0;
        bool stopped = isStopped(lane.source, lane.dest);
        uint256 wealth = from.balance + side.link.balanceOf(from);

        vm.recordLogs();
        vm.prank(from);
        try side.router.ccipSend{value: value}(lane.dest, message) {
            _must(!stopped, "S6", "sent while cursed");
            EVM2EVMMessage memory it = sentIn(vm.getRecordedLogs());
            _must(it.feeTokenAmount == fee, "S17", "charged something else than was quoted");
            _must(wealth - from.balance - side.link.balanceOf(from) == fee, "S17", "took more than the fee");
            feesTaken[l][it.feeToken] += fee;
            _writeSend(l, it);
        } catch {
            _did("send refused");
        }
    }

    function _compose(Lane memory lane, uint256 seed)
        private
        view
        returns (Client.EVM2AnyMessage memory message)
    {
        Side storage side = chains[lane.source];
        message = aMessage(lane);
        message.receiver = abi.encode(receivers[lane.dest][pick(seed, 2, RECEIVERS)]);
        message.data = abi.encode(pick(seed, 3, 10_000));
        message.extraArgs = extraArgs(pick(seed, 4, 3) * GAS_LIMIT, pick(seed, 5, 2) == 0);
        if (pick(seed, 6, 2) == 0) message.feeToken = address(0);
        uint256 cargo = pick(seed, 7, 5);
        if (cargo == 0) return message;
        address token = address(side.minted);
        if (cargo >= 3) token = address(side.locked);
        if (cargo == 4) token = address(baits[lane.source]);
        uint256 unit = cargo == 3 && lane.source == THERE ? 1e6 : 1e18;
        message.tokenAmounts = new Client.EVMTokenAmount[](1);
        message.tokenAmounts[0] = Client.EVMTokenAmount(token, 1 + pick(seed, 8, 50_000 * unit));
    }

    function _writeSend(uint256 l, EVM2EVMMessage memory message) private {
        Side storage side = chains[lanes[l].source];
        _must(message.sequenceNumber == sent[l].length + 1, "S7", "numbers have a gap");
        if (message.nonce != 0) {
            uint64 expected = ++outboundNonces[l][message.sender];
            _must(message.nonce == expected, "S9", "nonces have a gap");
        }
        wasSent[message.messageId] = true;
        sent[l].push(abi.encode(message));
        Cargo cargo = cargoOf(l, message);
        if (cargo != Cargo.NONE) left[l][cargo] += message.tokenAmounts[0].amount;
        if (cargo == Cargo.MINTED) _pass(address(side.mintPool), false, message.tokenAmounts[0].amount);
        if (cargo == Cargo.LOCKED) _pass(address(side.lockPool), false, message.tokenAmounts[0].amount);
        _did("sent");
    }

    /* COMMITTING */

    /// @dev Mostly the truth. A quorum may also sign a message that was never sent; that lands, and must go no
    /// further.
    function commit(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        uint64 first = committedUpTo(l) + 1;
        Root memory root;
        if (pick(seed, 1, 8) == 0) {
            root = _lie(l, first, seed);
        } else {
            if (sent[l].length < first) return;
            uint64 available = uint64(sent[l].length) - first + 1;
            uint64 size = 1 + uint64(pick(seed, 2, 5));
            root.first = first;
            root.last = first + (size < available ? size : available) - 1;
            root.root = rootOf(messagesOf(l, root));
        }
        bytes memory report = abi.encode(rootReport(root.root, root.first, root.last));
        if (!_transmit(l, report, contextOf(lanes[l]), _signers(l, pick(seed, 3, 4)))) return;
        roots[l].push(root);
        _did(root.lie.length == 0 ? "committed" : "committed a lie");
    }

    /// @dev Whatever is wrong with the signatures, the report must not land.
    function commitBadly(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        uint64 next = committedUpTo(l) + 1;
        bytes memory report = abi.encode(rootReport(keccak256(abi.encode(seed)), next, next));
        bytes32[3] memory context = contextOf(lanes[l]);
        uint256[] memory keys = _signers(l, pick(seed, 3, 4));
        uint256 kind = pick(seed, 1, 6);
        if (kind == 0) keys[1] = keys[0];
        if (kind == 1) keys[2] = committerKeys[(1 - committerSet[l]) * ORACLES]; // of the other set
        if (kind == 2) context = contextOf(lanes[1 - l]); // of the other chain
        if (kind == 3) context[0] = keccak256("another configuration");
        if (kind == 4) report = abi.encode(rootReport(keccak256(abi.encode(seed)), next + 1, next + 1));
        if (kind == 5) assembly { mstore(keys, 2) }
        bool landed = _transmit(l, report, context, keys);
        _must(!landed, kind == 4 ? "S7" : kind == 2 ? "S22" : "S13", "a report landed that must not");
        _did("commit refused");
    }

    /// @dev What one store accepted, for the other chain's store and for a later round of the same.
    function replaySignatures(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        uint64 next = committedUpTo(1 - l) + 1;
        bytes memory report = abi.encode(rootReport(keccak256(abi.encode(seed)), next, next));
        bytes32[3] memory context = contextOf(lanes[l]);
        Signatures memory s = sign(report, context, _signers(l, 0));
        bool asSigned = pick(seed, 1, 2) == 0;
        if (!asSigned) context = contextOf(lanes[1 - l]);
        _must(!_land(1 - l, report, context, s), "S22", "a signature counted on another chain");
        _did("replay refused");
    }

    /// @dev 2f+1 of the set that counts now.
    function _signers(uint256 l, uint256 from) private view returns (uint256[] memory keys) {
        keys = new uint256[](2 * F + 1);
        for (uint256 i = 0; i < keys.length; ++i) {
            keys[i] = committerKeys[committerSet[l] * ORACLES + (from + i) % ORACLES];
        }
    }

    function _transmit(uint256 l, bytes memory report, bytes32[3] memory context, uint256[] memory keys)
        private
        returns (bool landed)
    {
        epochAndRound += 256;
        context[1] = bytes32(uint256(epochAndRound));
        return _land(l, report, context, sign(report, context, keys));
    }

    function _land(uint256 l, bytes memory report, bytes32[3] memory context, Signatures memory s)
        private
        returns (bool landed)
    {
        Lane memory lane = lanes[l];
        enter(lane.dest);
        vm.prank(vm.addr(committerKeys[committerSet[l] * ORACLES]));
        try lane.commitStore.transmit(context, report, s.rs, s.ss, s.rawVs) {
            landed = true;
            bool open = !isStopped(lane.dest, lane.source) && !paused[l];
            _must(open, "S6", "committed while cursed or paused");
        } catch {
            _did("transmit refused");
        }
    }

    function _lie(uint256 l, uint64 first, uint256 seed) private view returns (Root memory root) {
        Lane memory lane = lanes[l];
        EVM2EVMMessage memory message;
        message.sourceChainSelector = lane.source;
        message.sender = stranger;
        message.receiver = receivers[lane.dest][0];
        message.sequenceNumber = first;
        message.gasLimit = GAS_LIMIT + pick(seed, 4, 1_000);
        message.tokenAmounts = new Client.EVMTokenAmount[](0);
        message.sourceTokenData = new bytes[](0);
        message.messageId = MessageHasher.leaf(
            message, MessageHasher.metadataHash(lane.source, lane.dest, address(lane.onRamp))
        );
        (root.first, root.last, root.root) = (first, first, message.messageId);
        root.lie = abi.encode(message);
    }

    /* BLESSING */

    /// @dev Any subset of the monitors, signing what the ledger says (INV-BLESS-6); a lie gets one byzantine vote.
    function bless(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        if (roots[l].length == 0) return;
        Root memory root = roots[l][pick(seed, 1, roots[l].length)];
        uint256 voters = root.lie.length == 0 ? 1 + pick(seed, 2, 15) : 1;
        _bless(l, root, voters, pick(seed, 3, 8));
    }

    /// @param flaw 0: one signature is the other set's; 1: signed for the other chain's RMN. Otherwise none.
    function _bless(uint256 l, Root memory root, uint256 voters, uint256 flaw) private {
        Lane memory lane = lanes[l];
        IRMN.Blessing memory blessing = blessingOf(l, root);
        bytes32 tag = tagOf(l, root);
        RMN rmn = enter(flaw == 1 ? lane.source : lane.dest).rmn;
        bytes32 digest = rmn.blessingDigest(blessing);
        rmn = enter(lane.dest).rmn;
        IRMN.Signature[] memory signatures = new IRMN.Signature[](ORACLES);
        uint256 length;
        for (uint256 i = 0; i < ORACLES; ++i) {
            if ((voters >> i) & 1 == 0) continue;
            uint256 set = monitorSet[lane.dest];
            if (flaw == 0) set = 1 - set;
            signatures[length++] = compact(blessKeys[set * ORACLES + i], digest);
        }
        assembly {
            mstore(signatures, length)
        }
        try rmn.bless(blessing, signatures) {
            _must(!isStopped(lane.dest, lane.source), "S6", "blessed while cursed");
            _must(flaw != 0, "S13", "the vote of a monitor that is none was counted");
            _must(flaw != 1, "S22", "a vote for another chain was counted");
            bool same = blessVersion[tag] == monitorVersion[lane.dest];
            blessers[tag] = (same ? blessers[tag] : 0) | voters;
            blessVersion[tag] = monitorVersion[lane.dest];
            if (_population(blessers[tag]) >= BLESS_THRESHOLD) blessedEnough[tag] = true;
            _did(blessedEnough[tag] ? "blessed" : "voted to bless");
        } catch {
            _did("bless refused");
        }
    }

    function _population(uint256 bits) private pure returns (uint256 ones) {
        for (; bits != 0; bits &= bits - 1) {
            ++ones;
        }
    }

    /* EXECUTING */

    /// @dev An executor or a stranger, any messages of a root, sometimes with too little gas or altered content.
    function execute(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        if (roots[l].length == 0) return;
        _execute(l, roots[l][pick(seed, 1, roots[l].length)], seed);
    }

    /// @dev A message that failed, alone and by hand.
    function retry(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        uint256 start = pick(seed, 1, sent[l].length + 1);
        for (uint256 i = 0; i < sent[l].length; ++i) {
            uint64 number = uint64((start + i) % sent[l].length) + 1;
            if (failures[l][number] != 0 && successes[l][number] == 0) return _retry(l, number, seed);
        }
    }

    function _retry(uint256 l, uint64 number, uint256 seed) private {
        uint256 i = 0;
        while (roots[l][i].last < number) ++i;
        Root memory root = roots[l][i];
        EVM2EVMMessage[] memory messages = messagesOf(l, root);
        bool[] memory chosen = new bool[](messages.length);
        chosen[number - root.first] = true;
        ExecutionReport memory report = reportOf(messages, chosen);
        _arm(l, report, seed);
        _attempt(l, root, report, true, 20_000_000);
    }

    /// @dev The whole way of the messages that wait, so that most runs get somewhere.
    function travel(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        for (uint256 i = 0; i < 2; ++i) {
            send(uint256(keccak256(abi.encode(seed, "send", i))));
        }
        commit(seed);
        if (roots[l].length == 0) return;
        Root memory newest = roots[l][roots[l].length - 1];
        if (newest.lie.length == 0) _bless(l, newest, 7, 2);
        _execute(l, newest, seed);
    }

    function _execute(uint256 l, Root memory root, uint256 seed) private {
        EVM2EVMMessage[] memory messages = messagesOf(l, root);
        bool[] memory chosen = new bool[](messages.length);
        for (uint256 i = 0; i < messages.length; ++i) {
            chosen[i] = pick(seed, 20 + i, 4) != 0;
        }
        chosen[pick(seed, 2, messages.length)] = true;
        ExecutionReport memory report = reportOf(messages, chosen);
        bool forged = pick(seed, 3, 10) == 0;
        if (forged) report.messages[0].gasLimit += 1;
        bool byHand = pick(seed, 4, 3) == 0;
        uint256 gas_ = pick(seed, 5, 4) == 0 ? 150_000 + pick(seed, 6, 3_000_000) : 20_000_000;
        _arm(l, report, seed);
        bool worked = _attempt(l, root, report, byHand, gas_);
        _must(!(worked && forged), "S3", "a message was executed that was not sent like this");
    }

    /// @dev Hostile receivers and tokens call back with the very report that is on its way.
    function _arm(uint256 l, ExecutionReport memory report, uint256 seed) private {
        Lane memory lane = lanes[l];
        bytes memory again = abi.encodeCall(lane.offRamp.manuallyExecute, (report, noOverrides(report)));
        DestReentrant(receivers[lane.dest][4]).arm(again, report.messages[0].sequenceNumber);
        hostileTokens[lane.dest].arm(address(lane.offRamp), again);
        hostilePools[lane.dest].setMood(DestPool.Mood(pick(seed, 7, 10)));
    }

    function _attempt(uint256 l, Root memory root, ExecutionReport memory report, bool byHand, uint256 gas_)
        private
        returns (bool worked)
    {
        Lane memory lane = lanes[l];
        enter(lane.dest);
        MessageExecutionState[] memory before = _states(lane, report);
        uint256[RECEIVERS] memory heard = _heard(lane);
        bytes memory call_ = byHand
            ? abi.encodeCall(lane.offRamp.manuallyExecute, (report, noOverrides(report)))
            : abi.encodeCall(lane.offRamp.execute, (report));
        vm.recordLogs();
        vm.prank(byHand ? stranger : executor);
        (worked,) = address(lane.offRamp).call{gas: gas_}(call_);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (worked) _writeOutcomes(l, root, logs); // what was reverted is recorded as well
        _checkMoves(lane, report, before, worked);
        if (!worked) _did("execution refused");
        if (!worked) {
            _must(keccak256(abi.encode(heard)) == keccak256(abi.encode(_heard(lane))), "S12", "a trace");
        }
    }

    function _writeOutcomes(uint256 l, Root memory root, Vm.Log[] memory logs) private {
        Lane memory lane = lanes[l];
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IOffRamp.ExecutionStateChanged.selector) continue;
            (MessageExecutionState outcome,) = abi.decode(logs[i].data, (MessageExecutionState, bytes));
            uint64 number = uint64(uint256(logs[i].topics[1]));
            _must(wasSent[logs[i].topics[2]], "S3", "executed what was never sent");
            _must(number >= root.first && number <= root.last, "S4", "executed outside of its root");
            _must(blessedEnough[tagOf(l, root)], "S5", "executed without a quorum's blessing");
            _must(!isStopped(lane.dest, lane.source), "S6", "executed while cursed");
            _writeOutcome(l, number, outcome == MessageExecutionState.SUCCESS);
        }
    }

    function _writeOutcome(uint256 l, uint64 number, bool success) private {
        EVM2EVMMessage memory message = messageAt(l, number);
        bool first = successes[l][number] + failures[l][number] == 0;
        if (first && message.nonce != 0) {
            uint64 expected = ++inboundNonces[l][message.sender];
            _must(message.nonce == expected, "S9", "attempts out of order");
        }
        if (!success) {
            ++failures[l][number];
            _did("failed");
            return;
        }
        ++successes[l][number];
        _did(first ? "succeeded" : "succeeded later");
        Cargo cargo = cargoOf(l, message);
        if (cargo == Cargo.NONE) return;
        uint256 amount = converted(l, cargo, message.tokenAmounts[0].amount);
        arrived[l][cargo] += amount;
        Side storage side = chains[lanes[l].dest];
        if (cargo == Cargo.MINTED) _pass(address(side.mintPool), true, amount);
        if (cargo == Cargo.LOCKED) _pass(address(side.lockPool), true, amount);
        _did("delivered a token");
    }

    function _checkMoves(
        Lane memory lane,
        ExecutionReport memory report,
        MessageExecutionState[] memory before,
        bool worked
    ) private {
        MessageExecutionState[] memory now_ = _states(lane, report);
        for (uint256 i = 0; i < now_.length; ++i) {
            bool moved = before[i] != now_[i];
            _must(worked || !moved, "S11", "a refused transaction moved a state");
            _must(now_[i] != MessageExecutionState.IN_PROGRESS, "S11", "IN_PROGRESS outlived a transaction");
            _must(!moved || before[i] != MessageExecutionState.SUCCESS, "S2", "SUCCESS was left");
            _must(!moved || now_[i] != MessageExecutionState.UNTOUCHED, "S11", "UNTOUCHED again");
        }
    }

    function _states(Lane memory lane, ExecutionReport memory report)
        private
        view
        returns (MessageExecutionState[] memory states)
    {
        states = new MessageExecutionState[](report.messages.length);
        for (uint256 i = 0; i < states.length; ++i) {
            states[i] = lane.offRamp.getExecutionState(report.messages[i].sequenceNumber);
        }
    }

    function _heard(Lane memory lane) private view returns (uint256[RECEIVERS] memory counts) {
        counts[0] = DestReceiver(receivers[lane.dest][0]).received();
        counts[4] = DestReceiver(receivers[lane.dest][4]).received();
    }
}
