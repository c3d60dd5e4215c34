// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {RMN} from "../../../contracts/RMN.sol";
import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {RateLimiter} from "../../../contracts/libraries/RateLimiter.sol";
import {Panicking} from "../attacks/HostileReceivers.sol";
import {Traffic} from "./Traffic.sol";

/// @notice Those who run the chains: curses and lifts, rotations, removals, limits, liquidity, fees, and time.
contract Operations is Traffic {
    /* CURSING */

    /// @dev A vote of one monitor, of the set that counts or of the other.
    function vote(uint256 seed) public {
        uint64 chain = pick(seed, 0, 2) == 0 ? THERE : HERE;
        bytes16 subject = _subject(chain, seed);
        uint256 index = pick(seed, 2, ORACLES) + ORACLES * (pick(seed, 3, 6) == 0 ? 1 : 0);
        bool counts = index / ORACLES == monitorSet[chain];
        RMN rmn = enter(chain).rmn;
        IRMN.CurseVote memory ballot = IRMN.CurseVote({
            subject: subject,
            nonce: rmn.curseNonce(subject, vm.addr(curseKeys[index])),
            validUntil: uint64(block.timestamp + pick(seed, 4, 10 minutes)),
            evidence: bytes32(seed)
        });
        if (pick(seed, 5, 8) == 0) {
            bytes32 foreign = enter(chain == HERE ? THERE : HERE).rmn.curseDigest(ballot);
            enter(chain);
            try rmn.voteToCurse(ballot, compact(curseKeys[index], foreign)) {
                _must(false, "S22", "a curse vote for another chain was counted");
            } catch {}
            return;
        }
        IRMN.Signature memory signature = compact(curseKeys[index], rmn.curseDigest(ballot));
        try rmn.voteToCurse(ballot, signature) {
            _must(counts, "S13", "the curse vote of a monitor that is none was counted");
            curseVotes[chain][subject][index] = Vote(ballot.validUntil, lifts[chain][subject]);
            if (_openVotes(chain, subject) >= CURSE_THRESHOLD) cursed[chain][subject] = true;
            _did("voted to curse");
        } catch {
            _must(!counts, "S13", "the curse vote of a monitor was refused");
        }
    }

    function _openVotes(uint64 chain, bytes16 subject) private view returns (uint256 open) {
        for (uint256 i = 0; i < ORACLES; ++i) {
            Vote memory one = curseVotes[chain][subject][monitorSet[chain] * ORACLES + i];
            if (one.validUntil >= block.timestamp && one.epoch == lifts[chain][subject]) ++open;
        }
    }

    function curseByGuardian(uint256 seed) public {
        uint64 chain = pick(seed, 0, 2) == 0 ? THERE : HERE;
        if (pick(seed, 1, 3) != 0) return; // rare: it stops everything else
        bytes16 subject = _subject(chain, seed);
        curse(chain, subject);
        cursed[chain][subject] = true;
        _did("cursed by the guardian");
    }

    /// @dev Strangers, the guardian, and an owner who saw too little, then the owner.
    function liftCurse(uint256 seed) public {
        for (uint256 i = 0; i < 4; ++i) {
            uint64 chain = i % 2 == 0 ? THERE : HERE;
            _lift(chain, i < 2 ? GLOBAL : _remoteOf(chain), pick(seed, i, 4));
        }
    }

    function _lift(uint64 chain, bytes16 subject, uint256 who) private {
        RMN rmn = enter(chain).rmn;
        bytes32 seen = rmn.votesHash(subject);
        if (who == 1) vm.prank(guardian);
        if (who == 2) vm.prank(stranger);
        if (who == 3) seen = keccak256("something else");
        try rmn.uncurse(subject, seen) {
            _must(who == 0, "S19", "a curse was lifted by somebody else");
            _must(cursed[chain][subject], "S19", "lifted what was not cursed");
            cursed[chain][subject] = false;
            ++lifts[chain][subject];
            _did("lifted");
        } catch {
            _must(who != 0 || !cursed[chain][subject], "S19", "the owner could not lift");
        }
    }

    function _subject(uint64 chain, uint256 seed) private pure returns (bytes16) {
        return pick(seed, 10, 2) == 0 ? GLOBAL : _remoteOf(chain);
    }

    function _remoteOf(uint64 chain) private pure returns (bytes16) {
        return subjectOf(chain == HERE ? THERE : HERE);
    }

    /* CONFIGURATION */

    function rotateCommitters(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        committerSet[l] = 1 - committerSet[l];
        configure(lanes[l], addressesOf(_set(committerKeys, committerSet[l])));
        _did("rotated committers");
    }

    function rotateMonitors(uint256 seed) public {
        uint64 chain = pick(seed, 0, 2) == 0 ? THERE : HERE;
        monitorSet[chain] = 1 - monitorSet[chain];
        ++monitorVersion[chain];
        IRMN.Monitor[] memory set = new IRMN.Monitor[](ORACLES);
        for (uint256 i = 0; i < ORACLES; ++i) {
            uint256 index = monitorSet[chain] * ORACLES + i;
            set[i] = IRMN.Monitor(vm.addr(blessKeys[index]), vm.addr(curseKeys[index]));
        }
        enter(chain).rmn.setMonitors(set, BLESS_THRESHOLD, CURSE_THRESHOLD);
        _did("rotated monitors");
    }

    function _set(uint256[] storage keys, uint256 which) private view returns (uint256[] memory set) {
        set = new uint256[](ORACLES);
        for (uint256 i = 0; i < ORACLES; ++i) {
            set[i] = keys[which * ORACLES + i];
        }
    }

    /// @dev The newest root, which goes unless it is blessed now (INV-COMMIT-8).
    function removeRoot(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        uint256 length = roots[l].length;
        if (length == 0) return;
        Root memory newest = roots[l][length - 1];
        if (newest.lie.length == 0 && pick(seed, 1, 3) != 0) return; // lies go first
        bytes32[] memory list = new bytes32[](1);
        list[0] = newest.root;
        bool blessed = blessedEnough[tagOf(l, newest)];
        enter(lanes[l].dest);
        try lanes[l].commitStore.resetUnblessedRoots(list) {
            _must(!blessed, "S5", "a blessed root was removed");
            roots[l].pop();
            _did("removed a root");
        } catch {
            _must(blessed, "S7", "an unblessed root could not be removed");
        }
    }

    function pauseOrGoOn(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        enter(lanes[l].dest);
        paused[l] = !paused[l] && pick(seed, 1, 3) == 0;
        if (paused[l]) lanes[l].commitStore.pause();
        else lanes[l].commitStore.unpause();
    }

    /* POOLS */

    function limitPool(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        Side storage side = enter(lanes[l].dest);
        uint8 decimals = side.locked.decimals();
        uint128 most = limit(decimals).capacity;
        uint128 capacity = uint128(most / 2 + pick(seed, 1, most));
        uint128 rate = uint128(pick(seed, 2, capacity / 50 + 1));
        RateLimiter.Config memory config = RateLimiter.Config(true, capacity, rate);
        side.lockPool.setChainRateLimiterConfig(lanes[l].source, config, config);
        _reconfigure(address(side.lockPool), false, capacity, rate);
        _reconfigure(address(side.lockPool), true, capacity, rate);
        _did("limited a pool");
    }

    /// @dev Forgets the remote pool, so that what arrives fails, or remembers it.
    function forgetRemotePool(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        bytes memory remote = abi.encode(address(chains[lanes[l].source].mintPool));
        Side storage side = enter(lanes[l].dest);
        if (!side.mintPool.isRemotePool(lanes[l].source, remote)) {
            side.mintPool.addRemotePool(lanes[l].source, remote);
        } else if (pick(seed, 1, 3) == 0) {
            side.mintPool.removeRemotePool(lanes[l].source, remote);
        }
    }

    function moveLiquidity(uint256 seed) public {
        uint64 chain = pick(seed, 0, 2) == 0 ? THERE : HERE;
        Side storage side = enter(chain);
        uint256 held = side.locked.balanceOf(address(side.lockPool));
        uint256 mine = side.locked.balanceOf(address(this));
        uint256 amount = pick(seed, 1, (pick(seed, 2, 2) == 0 ? held : mine) + 1);
        if (pick(seed, 2, 2) == 0) {
            side.lockPool.withdrawLiquidity(amount);
            liquidity[chain] -= int256(amount);
        } else {
            side.lockPool.provideLiquidity(amount);
            liquidity[chain] += int256(amount);
        }
    }

    /* FEES, TEMPERS AND TIME */

    function withdrawFees(uint256 seed) public {
        uint256 l = pick(seed, 0, 2);
        Side storage side = enter(lanes[l].source);
        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (address(side.link), address(side.weth));
        uint256[2] memory held;
        for (uint256 i = 0; i < 2; ++i) {
            held[i] = feesTaken[l][tokens[i]] - feesMoved[l][tokens[i]];
            feesMoved[l][tokens[i]] += held[i];
        }
        uint256 before = side.link.balanceOf(aggregator);
        vm.prank(stranger);
        lanes[l].onRamp.withdrawFeeTokens(tokens);
        _must(side.link.balanceOf(aggregator) - before == held[0], "S17", "fees went elsewhere");
    }

    /// @dev The receiver that fails gets better; messages that failed can succeed then.
    function mendReceiver(uint256 seed) public {
        uint64 chain = pick(seed, 0, 2) == 0 ? THERE : HERE;
        Panicking(receivers[chain][1]).mend();
    }

    function wait(uint256 seed) public {
        uint256[5] memory lengths =
            [uint256(1), 1 minutes, 11 minutes, uint256(WINDOW) + 1, uint256(pick(seed, 1, 1 days))];
        vm.warp(block.timestamp + lengths[pick(seed, 0, 5)]);
    }
}
