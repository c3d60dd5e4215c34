// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {FeeQuoter} from "../../contracts/FeeQuoter.sol";
import {IAny2EVMMessageReceiver} from "../../contracts/interfaces/IAny2EVMMessageReceiver.sol";
import {IFeeQuoter} from "../../contracts/interfaces/IFeeQuoter.sol";
import {IRMN} from "../../contracts/interfaces/IRMN.sol";
import {ITokenPool} from "../../contracts/interfaces/ITokenPool.sol";
import {RateLimiter} from "../../contracts/libraries/RateLimiter.sol";
import {BurnMintTokenPool} from "../../contracts/pools/BurnMintTokenPool.sol";
import {BurnMintERC20} from "../../contracts/tokens/BurnMintERC20.sol";
import {Client} from "../../contracts/types/Client.sol";
import {EVM2EVMMessage} from "../../contracts/types/Message.sol";
import {
    CommitReport,
    ExecutionReport,
    GasPriceUpdate,
    PriceUpdates,
    TokenPriceUpdate
} from "../../contracts/types/Report.sol";
import {DestinationChain} from "./fixtures/DestinationChain.sol";
import {SourceChain} from "./fixtures/SourceChain.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @notice A receiver that does nothing: what is left is the protocol's own cost.
contract NoopReceiver is IAny2EVMMessageReceiver, IERC165 {
    function ccipReceive(Client.Any2EVMMessage calldata) external {}

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IAny2EVMMessageReceiver).interfaceId
                || interfaceId == type(IERC165).interfaceId;
    }
}

/// @notice What each operation costs, as a whole transaction. The figures are in gas/, and one that moves fails here.
/// @dev Steady state: one operation of the kind has gone before, no slot is written for the first time that later
/// operations find written.
/// forge-config: default.isolate = true
contract GasOfSendingTest is SourceChain {
    function setUp() public {
        deploySourceChain();
        send(_message(address(link)));
        _send(_message(address(0)));
        send(_transfer(address(burnMintToken)));
        send(_transfer(address(usdc)));
    }

    function _message(address feeToken) internal view returns (Client.EVM2AnyMessage memory message) {
        message = aMessage();
        message.data = abi.encode(keccak256("data"));
        message.feeToken = feeToken;
        message.extraArgs = extraArgs(200_000, true);
    }

    function _transfer(address token) internal view returns (Client.EVM2AnyMessage memory message) {
        message = aTransfer(token, 1e6);
    }

    function _send(Client.EVM2AnyMessage memory message) internal {
        uint256 value = message.feeToken == address(0) ? router.getFee(DEST_CHAIN, message) : 0;
        vm.prank(sender);
        router.ccipSend{value: value}(DEST_CHAIN, message);
    }

    function _measure(string memory name, Client.EVM2AnyMessage memory message) internal {
        _send(message);
        vm.snapshotGasLastCall("send", name);
    }

    function test_gas_of_a_message_paid_in_link() public {
        _measure("32 bytes, fee in LINK", _message(address(link)));
    }

    function test_gas_of_a_message_paid_in_native() public {
        _measure("32 bytes, fee in native", _message(address(0)));
    }

    function test_gas_of_an_ordered_message() public {
        Client.EVM2AnyMessage memory message = _message(address(link));
        message.extraArgs = extraArgs(200_000, false);
        send(message);
        _measure("32 bytes, ordered, fee in LINK", message);
    }

    function test_gas_of_a_large_message() public {
        Client.EVM2AnyMessage memory message = _message(address(link));
        message.data = "";
        for (uint256 i = 0; i < 32; ++i) {
            message.data = bytes.concat(message.data, keccak256(abi.encode(i)));
        }
        _measure("1 KB, fee in LINK", message);
    }

    function test_gas_of_a_burn_mint_token() public {
        _measure("burn-mint token, fee in LINK", _transfer(address(burnMintToken)));
    }

    function test_gas_of_a_lock_release_token() public {
        _measure("lock-release token, fee in LINK", _transfer(address(usdc)));
    }
}

/// @notice The same at the other end of the lane.
/// forge-config: default.isolate = true
contract GasOfArrivingTest is DestinationChain {
    uint64 internal constant BATCH = 32;

    NoopReceiver internal noop;
    BurnMintERC20 internal token;
    address internal holder = makeAddr("holder");

    function setUp() public override {
        super.setUp();
        noop = new NoopReceiver();
        FeeQuoter feeQuoter = new FeeQuoter(IFeeQuoter.StaticConfig(100e18, address(0x114C), 1 days));
        address[] memory callers = new address[](1);
        callers[0] = address(commitStore);
        feeQuoter.applyAuthorizedCallerUpdates(IFeeQuoter.AuthorizedCallerArgs(callers, new address[](0)));
        commitStore.setOCR2Config(committers(), committers(), F, abi.encode(address(feeQuoter)), 1, "");
        (,, configDigest) = commitStore.latestConfigDetails();
        deployToken();
        CommitReport memory report = _priced(aMessage(1));
        transmit(report);
        bless(report.merkleRoot);
    }

    function deployToken() internal {
        token = new BurnMintERC20("Token", "TKN", 18);
        BurnMintTokenPool pool =
            new BurnMintTokenPool(address(token), 18, new address[](0), address(rmnProxy), address(router));
        token.grantMintAndBurnRoles(address(pool));
        token.grantMintAndBurnRoles(address(this));
        token.mint(holder, 1 ether);
        listToken(address(token), address(pool));
        bytes[] memory pools = new bytes[](1);
        pools[0] = abi.encode(address(0x9001));
        RateLimiter.Config memory off = RateLimiter.Config(false, 0, 0);
        ITokenPool.ChainUpdate[] memory updates = new ITokenPool.ChainUpdate[](1);
        updates[0] = ITokenPool.ChainUpdate(SOURCE_CHAIN, pools, abi.encode(address(0x50CE)), off, off);
        pool.applyChainUpdates(new uint64[](0), updates);
    }

    function _priced(EVM2EVMMessage memory message) internal view returns (CommitReport memory report) {
        report = rootReport(message.messageId, message.sequenceNumber, message.sequenceNumber);
        report.priceUpdates.tokenPriceUpdates = new TokenPriceUpdate[](1);
        report.priceUpdates.tokenPriceUpdates[0] = TokenPriceUpdate(address(0x114C), 15e18);
        report.priceUpdates.gasPriceUpdates = new GasPriceUpdate[](1);
        report.priceUpdates.gasPriceUpdates[0] = GasPriceUpdate(SOURCE_CHAIN, 4e13);
    }

    function _messages(uint256 count, bool withTokens) internal view returns (EVM2EVMMessage[] memory batch) {
        batch = new EVM2EVMMessage[](count);
        uint64 next = commitStore.getExpectedNextSequenceNumber();
        for (uint64 i = 0; i < count; ++i) {
            EVM2EVMMessage memory message = aMessage(next + i);
            message.receiver = withTokens ? holder : address(noop);
            message.data = withTokens ? bytes("") : abi.encode(keccak256(abi.encode(i)));
            message.gasLimit = withTokens ? 0 : GAS_LIMIT;
            if (withTokens) withToken(message, address(token), 1e18, 200_000);
            else seal(message);
            batch[i] = message;
        }
    }

    function _measureExecution(string memory name, uint256 count, bool withTokens) internal {
        execute(deliver(_messages(1, withTokens)));
        ExecutionReport memory report = deliver(_messages(count, withTokens));
        vm.prank(executor);
        offRamp.execute(report);
        vm.snapshotGasLastCall("arrive", name);
    }

    function test_gas_of_a_commit() public {
        _measureTransmit("commit one root, 3 of 4", rootReport(keccak256("root"), 2, 2));
    }

    function test_gas_of_a_commit_with_prices() public {
        EVM2EVMMessage memory message = aMessage(2);
        CommitReport memory report = _priced(message);
        _measureTransmit("commit one root, one token and one gas price", report);
    }

    function _measureTransmit(string memory name, CommitReport memory report) internal {
        epochAndRound += 256;
        bytes memory encoded = abi.encode(report);
        Signatures memory s = sign(encoded, context(), 2 * F + 1);
        bytes32[3] memory ctx = context();
        vm.prank(vm.addr(committerKeys[0]));
        commitStore.transmit(ctx, encoded, s.rs, s.ss, s.rawVs);
        vm.snapshotGasLastCall("arrive", name);
    }

    function test_gas_of_a_blessing() public {
        transmit(rootReport(keccak256("root"), 2, 2));
        IRMN.Blessing memory blessing = IRMN.Blessing({
            commitStore: address(commitStore),
            sourceChainSelector: SOURCE_CHAIN,
            onRamp: onRamp,
            first: 2,
            last: 2,
            root: keccak256("root"),
            epoch: rmn.epochOf(SOURCE_CHAIN)
        });
        IRMN.Signature[] memory votes = blessVotes(blessing, 0, BLESS_THRESHOLD);
        rmn.bless(blessing, votes);
        vm.snapshotGasLastCall("arrive", "bless one root, 3 of 4");
    }

    function test_gas_of_one_message() public {
        _measureExecution("execute one message", 1, false);
    }

    function test_gas_of_a_batch() public {
        _measureExecution("execute 32 messages", BATCH, false);
    }

    function test_gas_of_one_token() public {
        _measureExecution("execute one burn-mint token to an account", 1, true);
    }

    function test_gas_of_a_batch_of_tokens() public {
        _measureExecution("execute 32 burn-mint tokens to an account", BATCH, true);
    }
}
