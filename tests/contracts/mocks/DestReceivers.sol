// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IAny2EVMMessageReceiver} from "../../../contracts/interfaces/IAny2EVMMessageReceiver.sol";
import {IOffRamp} from "../../../contracts/interfaces/IOffRamp.sol";
import {IRMN} from "../../../contracts/interfaces/IRMN.sol";
import {Client} from "../../../contracts/types/Client.sol";
import {MessageExecutionState} from "../../../contracts/types/Message.sol";

/// @notice A receiver that does what a test tells it to do.
contract DestReceiver is IAny2EVMMessageReceiver, IERC165 {
    error Refused(uint256 code);

    uint256 public received;
    uint256 public gasAtStart;
    Client.Any2EVMMessage internal _last;
    uint256[] public sequence; // abi.decode(data) of each message, in order of arrival
    bool public refuses;

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function ccipReceive(Client.Any2EVMMessage calldata message) external virtual {
        gasAtStart = gasleft();
        if (refuses) revert Refused(42);
        ++received;
        delete _last;
        _last.messageId = message.messageId;
        _last.sourceChainSelector = message.sourceChainSelector;
        _last.sender = message.sender;
        _last.data = message.data;
        for (uint256 i = 0; i < message.destTokenAmounts.length; ++i) {
            _last.destTokenAmounts.push(message.destTokenAmounts[i]);
        }
    }

    function last() external view returns (Client.Any2EVMMessage memory) {
        return _last;
    }

    function supportsInterface(bytes4 id) public view virtual returns (bool) {
        return id == type(IAny2EVMMessageReceiver).interfaceId || id == type(IERC165).interfaceId;
    }
}

/// @notice Works hard: burns most of a large gas limit, so that the 1/64 that callers keep is large too.
contract DestHardWorker is DestReceiver {
    uint256 public immutable work;
    uint256 public callbacks;

    constructor(uint256 work_) {
        work = work_;
    }

    function ccipReceive(Client.Any2EVMMessage calldata) external override {
        uint256 start = gasleft();
        uint256 x;
        while (start - gasleft() < work) {
            x = uint256(keccak256(abi.encode(x)));
        }
        ++callbacks;
    }

    /// @dev Answers in earnest only with the gas that ERC-165 promises, and gives up early, so that whoever starved
    /// the question keeps enough to record a wrong outcome.
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return gasleft() > 29_000 && super.supportsInterface(id);
    }
}

/// @notice Reverts, or returns, far more than anybody wants to copy.
contract DestBomb is DestReceiver {
    function ccipReceive(Client.Any2EVMMessage calldata message) external pure override {
        uint256 size = abi.decode(message.data, (uint256));
        assembly {
            revert(0, size)
        }
    }
}

/// @notice Claims every interface, even the one that nobody has.
contract DestLiar is DestReceiver {
    function supportsInterface(bytes4) public pure override returns (bool) {
        return true;
    }
}

/// @notice Curses the chain that it hears from, as its guardian, in the middle of a report.
contract DestCurser is DestReceiver {
    IRMN internal immutable _rmn;
    bytes16 internal immutable _subject;

    constructor(IRMN rmn, bytes16 subject) {
        (_rmn, _subject) = (rmn, subject);
    }

    function ccipReceive(Client.Any2EVMMessage calldata) external override {
        ++received;
        _rmn.curse(_subject);
    }
}

/// @notice Calls back into the OffRamp while it is being served.
contract DestReentrant is DestReceiver {
    IOffRamp internal immutable _offRamp;
    bytes internal _call;
    bool public reentered;
    bytes public refusal;
    MessageExecutionState public stateSeen;
    uint64 internal _watched;

    constructor(IOffRamp offRamp) {
        _offRamp = offRamp;
    }

    function arm(bytes calldata call_, uint64 watched) external {
        _call = call_;
        _watched = watched;
    }

    function ccipReceive(Client.Any2EVMMessage calldata) external override {
        ++received;
        stateSeen = _offRamp.getExecutionState(_watched);
        (reentered, refusal) = address(_offRamp).call(_call);
    }
}
