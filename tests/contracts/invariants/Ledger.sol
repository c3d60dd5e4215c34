// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {BurnMintERC20} from "../../../contracts/tokens/BurnMintERC20.sol";
import {EVM2EVMMessage} from "../../../contracts/types/Message.sol";
import {ReenteringToken} from "../attacks/HostileArrivals.sol";
import {Panicking} from "../attacks/HostileReceivers.sol";
import {TwoChains} from "../fixtures/TwoChains.sol";
import {DestPool} from "../mocks/DestPools.sol";
import {DestBomb, DestReentrant} from "../mocks/DestReceivers.sol";
import {HostilePool} from "../mocks/HostilePool.sol";

/// @notice What should be, kept beside what is: everything that was sent, signed, voted, paid and delivered, written
/// down by whoever did it, never read back from the contracts.
/// @dev Lane 0 leads there, lane 1 back. Committers and monitors each have two sets of keys, of which one counts.
abstract contract Ledger is TwoChains {
    enum Cargo {
        NONE,
        MINTED,
        LOCKED,
        HOSTILE
    }

    struct Root {
        bytes32 root;
        uint64 first;
        uint64 last;
        bytes lie; // the message that was never sent, if it is one
    }

    struct Vote {
        uint64 validUntil;
        uint64 epoch;
    }

    /// @dev A model of one limiter, and what passed it since it was configured.
    struct Bucket {
        uint256 capacity;
        uint256 rate;
        uint256 level;
        uint256 updated;
        uint256 passed;
        uint256 since;
    }

    uint256 internal constant SENDERS = 3;
    uint256 internal constant RECEIVERS = 6;

    Lane[2] internal lanes;
    address[SENDERS] internal senders;
    mapping(uint64 chain => address[]) internal receivers;
    mapping(uint64 chain => ReenteringToken) internal hostileTokens;
    mapping(uint64 chain => DestPool) internal hostilePools;
    mapping(uint64 chain => BurnMintERC20) internal baits; // what is sent for it

    /* Messages, by lane */
    mapping(uint256 lane => bytes[]) internal sent; // the message with number i is at i - 1
    mapping(bytes32 id => bool) internal wasSent;
    mapping(uint256 lane => Root[]) internal roots; // that were not removed, oldest first
    mapping(uint256 lane => mapping(uint64 number => uint256)) internal successes;
    mapping(uint256 lane => mapping(uint64 number => uint256)) internal failures;
    mapping(uint256 lane => mapping(address sender => uint64)) internal outboundNonces;
    mapping(uint256 lane => mapping(address sender => uint64)) internal inboundNonces;
    mapping(uint256 lane => bool) internal paused;
    mapping(uint256 lane => uint256) internal committerSet;

    /* Value */
    mapping(uint256 lane => mapping(address token => uint256)) internal feesTaken;
    mapping(uint256 lane => mapping(address token => uint256)) internal feesMoved;
    mapping(uint256 lane => mapping(Cargo cargo => uint256)) internal left; // in the source's units
    mapping(uint256 lane => mapping(Cargo cargo => uint256)) internal arrived; // in the destination's
    mapping(uint64 chain => int256) internal liquidity; // of the lock-release pool, without what lanes moved
    mapping(address pool => mapping(bool inbound => Bucket)) internal buckets;

    /* Risk */
    mapping(bytes32 tag => uint256 voters) internal blessers;
    mapping(bytes32 tag => uint256 configVersion) internal blessVersion;
    mapping(bytes32 tag => bool) internal blessedEnough;
    mapping(uint64 chain => uint256) internal monitorSet;
    mapping(uint64 chain => uint256) internal monitorVersion;
    mapping(uint64 chain => mapping(bytes16 subject => bool)) internal cursed;
    mapping(uint64 chain => mapping(bytes16 subject => uint64)) internal lifts;
    mapping(uint64 chain => mapping(bytes16 subject => mapping(uint256 key => Vote))) internal curseVotes;

    /// @notice What happened how often: a suite in which nothing succeeds proves nothing.
    mapping(string what => uint256) public count;

    /// @notice The first violation of a property that a handler saw happen, by the property's id.
    mapping(string id => string) public broken;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < ORACLES; ++i) {
            committerKeys.push(keyOf("next committer", i));
            blessKeys.push(keyOf("next bless", i));
            curseKeys.push(keyOf("next curse", i));
        }
        lanes[0] = out;
        lanes[1] = back;
        for (uint256 i = 0; i < SENDERS; ++i) {
            senders[i] = makeAddr(string.concat("sender ", vm.toString(i)));
        }
        for (uint256 i = 0; i < 2; ++i) {
            _settle(lanes[i]);
        }
    }

    /// @dev On the chain where a lane arrives: receivers of every kind, a hostile token, liquidity.
    function _settle(Lane memory lane) private {
        Side storage side = enter(lane.dest);
        for (uint256 i = 0; i < SENDERS; ++i) {
            fund(side, senders[i]);
        }
        address[] storage list = receivers[lane.dest];
        list.push(address(side.receiver));
        list.push(address(new Panicking(0)));
        list.push(address(new DestBomb()));
        list.push(makeAddr("account"));
        list.push(address(new DestReentrant(lane.offRamp)));
        list.push(address(side.router));
        monitorVersion[lane.dest] = 1;
        liquidity[lane.dest] = int256(side.locked.balanceOf(address(side.lockPool)));
        side.lockPool.setRebalancer(address(this));
        side.locked.approve(address(side.lockPool), type(uint256).max);
        uint8 decimals = side.locked.decimals();
        for (uint256 inbound = 0; inbound < 2; ++inbound) {
            _model(address(side.mintPool), inbound == 1, 18);
            _model(address(side.lockPool), inbound == 1, decimals);
        }
        _hostileCargo(lane);
    }

    function _model(address pool, bool inbound, uint8 decimals) private {
        uint256 capacity = limit(decimals).capacity;
        buckets[pool][inbound] =
            Bucket(capacity, limit(decimals).rate, capacity, block.timestamp, 0, block.timestamp);
    }

    /// @dev Its pool at the source takes anything; what arrives for it is minted by a pool of many moods, and the
    /// token calls back into whatever it likes.
    function _hostileCargo(Lane memory lane) private {
        Side storage side = enter(lane.dest);
        ReenteringToken token = new ReenteringToken();
        DestPool pool = new DestPool(BurnMintERC20(address(token)));
        pool.setWork(1);
        listToken(side, address(token), address(pool));
        (hostileTokens[lane.dest], hostilePools[lane.dest]) = (token, pool);

        side = enter(lane.source);
        BurnMintERC20 bait = new BurnMintERC20("Bait", "BAIT", 18);
        HostilePool taker = new HostilePool();
        taker.answer(abi.encode(address(token)), "");
        listToken(side, address(bait), address(taker));
        bait.grantMintAndBurnRoles(address(this));
        baits[lane.source] = bait;
        for (uint256 i = 0; i < SENDERS; ++i) {
            bait.mint(senders[i], 1_000_000e18);
            vm.prank(senders[i]);
            bait.approve(address(side.router), type(uint256).max);
        }
    }

    /* WRITING DOWN */

    function _did(string memory what) internal {
        ++count[what];
    }

    /// @dev Kept for the invariant to find, as handlers run between its checks.
    function _must(bool holds, string memory id, string memory story) internal {
        if (!holds && bytes(broken[id]).length == 0) broken[id] = story;
    }

    function _pass(address pool, bool inbound, uint256 amount) internal {
        Bucket storage bucket = buckets[pool][inbound];
        _refill(bucket);
        _must(amount <= bucket.level, "S10", "more passed a limiter than it held");
        bucket.level -= amount < bucket.level ? amount : bucket.level;
        bucket.passed += amount;
    }

    function _reconfigure(address pool, bool inbound, uint256 capacity, uint256 rate) internal {
        Bucket storage bucket = buckets[pool][inbound];
        _refill(bucket);
        (bucket.capacity, bucket.rate) = (capacity, rate);
        bucket.level = bucket.level < capacity ? bucket.level : capacity;
        (bucket.passed, bucket.since) = (0, block.timestamp);
    }

    function _refill(Bucket storage bucket) private {
        uint256 level = bucket.level + (block.timestamp - bucket.updated) * bucket.rate;
        bucket.level = level < bucket.capacity ? level : bucket.capacity;
        bucket.updated = block.timestamp;
    }

    /* READING */

    function messageAt(uint256 lane, uint64 number) internal view returns (EVM2EVMMessage memory) {
        return abi.decode(sent[lane][number - 1], (EVM2EVMMessage));
    }

    function messagesOf(uint256 lane, Root memory root) internal view returns (EVM2EVMMessage[] memory list) {
        if (root.lie.length != 0) return single(abi.decode(root.lie, (EVM2EVMMessage)));
        list = new EVM2EVMMessage[](root.last - root.first + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = messageAt(lane, root.first + uint64(i));
        }
    }

    /// @dev Whether the ledger says that everything between `local` and `remote` stands still on `local`.
    function isStopped(uint64 local, uint64 remote) internal view returns (bool) {
        return cursed[local][GLOBAL] || cursed[local][subjectOf(remote)];
    }

    function committedUpTo(uint256 lane) internal view returns (uint64) {
        uint256 length = roots[lane].length;
        return length == 0 ? 0 : roots[lane][length - 1].last;
    }

    function cargoOf(uint256 lane, EVM2EVMMessage memory message) internal view returns (Cargo) {
        if (message.tokenAmounts.length == 0) return Cargo.NONE;
        Side storage side = chains[lanes[lane].source];
        address token = message.tokenAmounts[0].token;
        if (token == address(side.minted)) return Cargo.MINTED;
        return token == address(side.locked) ? Cargo.LOCKED : Cargo.HOSTILE;
    }

    /// @dev In the destination's units: 18 decimals here, 6 there.
    function converted(uint256 lane, Cargo cargo, uint256 amount) internal pure returns (uint256) {
        if (cargo != Cargo.LOCKED) return amount;
        return lane == 0 ? amount / 1e12 : amount * 1e12;
    }

    function tagOf(uint256 lane, Root memory root) internal view returns (bytes32) {
        return chains[lanes[lane].dest].rmn.blessingTag(blessingOf(lane, root));
    }

    function blessingOf(uint256 lane, Root memory root) internal view returns (IRMN.Blessing memory) {
        Lane storage it = lanes[lane];
        uint64 epoch = lifts[it.dest][GLOBAL] + lifts[it.dest][subjectOf(it.source)];
        return IRMN.Blessing(
            address(it.commitStore), it.source, address(it.onRamp), root.first, root.last, root.root, epoch
        );
    }
}
