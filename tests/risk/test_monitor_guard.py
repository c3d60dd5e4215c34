"""More staged frauds on real chains: tokens, settings, signers, prices, curses with one end, and standing still."""

from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from ccip_py.devnet.anvil import Anvil
from ccip_py.risk import keys, views
from ccip_py.risk.config import Pool, PriceBound
from ccip_py.risk.monitor import Monitor
from ccip_py.risk.store import Journal
from ccip_py.risk.trie import integer, rlp
from ccip_py.risk.vote import Blessing, Domain, Permit, digest, sign, subject_of, to_json

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent
from .world import (
    POOL,
    World,
    all_monitors,
    bless_key,
    deploy,
    monitored,
    owner_call,
    set_committers,
    set_monitors,
    transact,
    view,
)

pytestmark = pytest.mark.anyio

HOLDER = b"\x77" * 20


def mint(chain: Anvil, token: bytes, amount: int, to: bytes = HOLDER) -> None:
    owner_call(chain, token, "mint(address,uint256)", ["address", "uint256"], [to, amount])


def token_on(world: World, issue: int = 1_000, in_pool: int = 0) -> bytes:
    """A real token whose owner can mint, issued before its pool was in use."""
    token = deploy(world.destination, "BurnMintERC20", ["string", "string", "uint8"], ["Token", "T", 18])
    owner = bytes.fromhex(world.destination.rpc("eth_accounts")[0][2:])
    owner_call(world.destination, token, "grantMintAndBurnRoles(address)", ["address"], [owner])
    mint(world.destination, token, issue)
    if in_pool:
        mint(world.destination, token, in_pool, POOL)
    world.pay_out(0)
    return token


def impersonated(
    chain: Anvil, who: bytes, to: bytes, signature: str, types: list[str], values: list[Any]
) -> None:
    """A transaction as if somebody else had sent it."""
    account = "0x" + who.hex()
    chain.rpc("anvil_impersonateAccount", account)
    chain.set_balance(account, 10**18)
    data = keccak(signature.encode())[:4] + encode(types, values)
    call = {"from": account, "to": "0x" + to.hex(), "data": "0x" + data.hex(), "gas": hex(200_000)}
    chain.rpc("eth_sendTransaction", call)
    chain.rpc("anvil_stopImpersonatingAccount", account)


def pool_calls(chain: Anvil, to: bytes, signature: str, types: list[str], values: list[Any]) -> None:
    impersonated(chain, POOL, to, signature, types, values)


def a_pool(token: bytes, proxy: bytes, router: bytes) -> tuple[list[str], list[Any]]:
    """What a burn-mint pool is made with."""
    return ["address", "uint8", "address[]", "address", "address"], [token, 18, [], proxy, router]


def balance_of(chain: Anvil, token: bytes, holder: bytes) -> int:
    return int.from_bytes(view(chain, token, "balanceOf(address)", ["address"], [holder]))


def next_contract(chain: Anvil, after: int) -> bytes:
    """Where the contract will be that the owner creates after so many more transactions."""
    owner = chain.rpc("eth_accounts")[0]
    nonce = int(chain.rpc("eth_getTransactionCount", owner, "latest"), 16) + after
    return keccak(rlp([bytes.fromhex(owner[2:]), integer(nonce)]))[12:]


def guarded(token: bytes, **more: Any) -> tuple[Pool, ...]:
    return (Pool(POOL, token, 18, **more),)


async def until_cursed_on_both(world: World) -> None:
    await world.until(lambda: world.is_cursed(DESTINATION) and world.is_cursed(SOURCE))


# TOKENS


async def test_an_7_a_supply_that_no_transfer_explains(world: World, tmp_path: Path) -> None:
    token = token_on(world)
    async with monitored(world, tmp_path, pools=guarded(token)):
        await world.settle(8)
        assert world.anomalies() == set()

        conjure(world, token, 1)
        await until_cursed_on_both(world)

        assert world.anomalies() == {"AN7"}


def conjure(world: World, token: bytes, amount: int) -> None:
    """Supply out of nowhere. The third slot of OpenZeppelin's ERC20 is its total."""
    total = int.from_bytes(view(world.destination, token, "totalSupply()")) + amount
    world.destination.rpc("anvil_setStorageAt", "0x" + token.hex(), hex(2), f"0x{total:064x}")


async def test_an_7_a_supply_that_never_stands_still_is_seen_and_a_lift_lasts(
    world: World, tmp_path: Path
) -> None:
    """A mint in every block must neither hide it nor make something new of it; the same amount again is something new."""
    token = token_on(world)
    async with monitored(world, tmp_path, pools=guarded(token)):
        await world.settle(8)
        for _ in range(2):
            conjure(world, token, 5)
            for _ in range(20):
                mint(world.destination, token, 1)
                await world.settle(1)
                if world.is_cursed(DESTINATION) and world.is_cursed(SOURCE):
                    break
            assert world.anomalies() == {"AN7"}
            assert world.is_cursed(DESTINATION)

            world.lift(world.destination, DESTINATION, subject_of(SOURCE))
            world.lift(world.source, SOURCE, subject_of(DESTINATION))
            await world.until(lambda: world.anomalies() == set())
            for _ in range(6):
                mint(world.destination, token, 1)
                await world.settle(1)
            assert world.anomalies() == set()
            assert not world.is_cursed(DESTINATION)


async def test_an_8_a_mint_outside_the_protocol(world: World, tmp_path: Path) -> None:
    token = token_on(world)
    async with monitored(world, tmp_path, pools=guarded(token, outside_limit=10)):
        await world.settle(8)
        assert world.alerts() == set()

        mint(world.destination, token, 10)
        await world.until(lambda: world.alerts() == {"AN8"})
        await world.settle(3)
        assert world.anomalies() == set()

        mint(world.destination, token, 11)
        await until_cursed_on_both(world)
        assert world.anomalies() == {"AN8"}


async def test_an_8_a_withdrawal_from_a_pool_outside_the_protocol(world: World, tmp_path: Path) -> None:
    token = token_on(world, in_pool=100)
    async with monitored(world, tmp_path, pools=guarded(token, outside_limit=10)):
        await world.settle(8)

        pool_calls(
            world.destination, token, "transfer(address,uint256)", ["address", "uint256"], [HOLDER, 60]
        )

        await until_cursed_on_both(world)
        assert world.anomalies() == {"AN8"}


async def test_an_13_an_outflow_that_messages_justify_is_an_alert_only(world: World, tmp_path: Path) -> None:
    token = token_on(world, issue=0, in_pool=100)
    async with monitored(world, tmp_path, pools=guarded(token, outflow_percent=25)):
        for amount in (20, 30):
            moved = Sent().with_token(b"\x01" * 20, amount, b"\x02" * 20, token, 18)
            world.send(amounts=moved.amounts, token_data=moved.token_data)
        root = world.commit(1, 2)
        await world.until(lambda: world.is_blessed(root))
        world.deliver(1, 20)
        await world.settle(6)
        assert world.alerts() == set()

        world.deliver(2, 30)
        await world.until(lambda: world.alerts() == {"AN13"})
        await world.settle(3)
        assert world.anomalies() == set()
        assert not world.is_cursed()


async def test_an_8_what_a_lock_box_holds_is_guarded_like_a_pool(world: World, tmp_path: Path) -> None:
    """Tokens go from the pool to its box and from there to receivers. Whatever else leaves the box has left
    outside the protocol; and it is the box that says how much there was to lose."""
    chain = world.destination
    token = token_on(world, issue=0, in_pool=1_000)
    box = deploy(chain, "LockBox", ["address"], [token])
    pool_calls(chain, token, "transfer(address,uint256)", ["address", "uint256"], [box, 1_000])
    async with monitored(world, tmp_path, pools=guarded(token, outside_limit=10, lock_box=box)):
        moved = Sent().with_token(b"\x01" * 20, 100, b"\x02" * 20, token, 18)
        world.send(amounts=moved.amounts, token_data=moved.token_data)
        root = world.commit(1, 1)
        await world.until(lambda: world.is_blessed(root))
        router = next_contract(chain, after=1)
        owner_call(
            chain, box, "applyPoolUpdates(address[],address[])", ["address[]"] * 2, [[], [POOL, router]]
        )
        release = keccak(b"release(address,uint256)")[:4] + encode(["address", "uint256"], [HOLDER, 100])
        world.deliver(1, 100, also=[(box, release)])
        await world.settle(20)
        assert balance_of(chain, token, HOLDER) == 100
        assert world.anomalies() == set()
        # 100 of the box's 1,000 are no spike. That another pool was listed is worth telling.
        assert world.alerts() == {"AN10"}

        pool_calls(chain, box, "release(address,uint256)", ["address", "uint256"], [HOLDER, 11])
        await until_cursed_on_both(world)

        assert world.anomalies() == {"AN8"}


# SIGNERS


async def test_an_9_committers_that_sign_two_reports_in_one_round(world: World, tmp_path: Path) -> None:
    """Both roots are right. Keys that sign twice are enough to stop: the next one need not be."""
    async with monitored(world, tmp_path):
        world.send(2)
        world.commit(1, 1, epoch=7)
        world.commit(2, 2, epoch=7)

        await until_cursed_on_both(world)

        assert world.anomalies() == {"AN9"}
        (held,) = world.monitors[0].journal.held()
        assert len(held.evidence.facts["inOffice"]) == 3
        assert len(held.evidence.facts["conflicts"][0]["proofs"]) == 2


def two_faced(world: World, monitor: Monitor, directory: Path) -> None:
    """This monitor serves, beside its own votes, one for another root over the same message."""
    n = world.monitors.index(monitor)
    statement = Blessing(world.commit_store, SOURCE, ON_RAMP, 1, 1, keccak(b"another"), 0)
    journal = Journal(directory / f"second-face-{n}.sqlite")
    permit = journal.permit_blessing(statement, 1, Domain(1337, world.rmn[DESTINATION]), {})
    journal.close()
    lie = to_json(sign(permit, keys.dev_key(bless_key(n))))
    honest = monitor.votes
    monitor.votes = lambda: [*honest(), lie]  # type: ignore[method-assign]


@pytest.mark.parametrize(("liars", "cursed"), [(1, False), (2, True)])
async def test_an_9_monitors_that_bless_two_roots(
    world: World, tmp_path: Path, liars: int, cursed: bool
) -> None:
    async with monitored(world, tmp_path):
        for monitor in world.monitors[:liars]:
            two_faced(world, monitor, tmp_path)
        world.send()
        world.commit(1, 1)

        await world.until(lambda: "AN9" in (world.anomalies() if cursed else world.alerts()))
        await world.settle(4)

        assert world.is_cursed(DESTINATION) is cursed


async def test_an_9_monitors_that_bless_another_root_in_one_transaction(world: World, tmp_path: Path) -> None:
    """Nobody served these votes: they stand in the call that completed the blessing, as most do."""
    rmn = world.rmn[DESTINATION]
    statement, domain = (
        Blessing(world.commit_store, SOURCE, ON_RAMP, 1, 1, keccak(b"another"), 0),
        Domain(1337, rmn),
    )
    permit = Permit(digest(statement, 1, domain), statement, 1, domain)
    votes = sorted(
        (sign(permit, keys.dev_key(bless_key(n))) for n in range(3)), key=lambda vote: vote.signer or b""
    )
    async with monitored(world, tmp_path):
        await world.settle(4)
        transact(world.destination, rmn, views.bless_call(statement, votes))
        world.send()
        world.commit(1, 1)

        await world.until(lambda: all(monitor.journal.held() for monitor in world.monitors))

        assert world.anomalies() == {"AN9"}
        (held,) = world.monitors[0].journal.held()
        assert len(held.evidence.facts["inOffice"]) == 3


# SETTINGS


@pytest.mark.parametrize("thresholds", [(2, 2), (3, 1)])
async def test_an_10_a_lowered_threshold_of_the_monitors(
    world: World, tmp_path: Path, thresholds: tuple[int, int]
) -> None:
    async with monitored(world, tmp_path):
        await world.settle(8)
        set_monitors(world.destination, world.rmn[DESTINATION], all_monitors(), *thresholds)

        await until_cursed_on_both(world)

        assert world.anomalies() == {"AN10"}


async def reviewed_and_lifted(world: World) -> None:
    world.lift(world.destination, DESTINATION, subject_of(SOURCE))
    world.lift(world.source, SOURCE, subject_of(DESTINATION))
    await world.until(lambda: world.anomalies() == set())


@pytest.mark.parametrize("restored_first", [False, True])
async def test_an_10_a_threshold_that_falls_again_is_cursed_again(
    world: World, tmp_path: Path, restored_first: bool
) -> None:
    """Restored before the lift or after it: what the owner has reviewed was the first fall."""
    async with monitored(world, tmp_path):
        await world.settle(8)
        for _ in range(2):
            set_monitors(world.destination, world.rmn[DESTINATION], all_monitors(), 2, 2)
            await until_cursed_on_both(world)
            assert world.anomalies() == {"AN10"}
            if not restored_first:
                await reviewed_and_lifted(world)
            set_monitors(world.destination, world.rmn[DESTINATION], all_monitors(), 3, 2)
            await world.settle(8)
            if restored_first:
                await reviewed_and_lifted(world)
            await world.settle(4)
            assert not world.is_cursed(DESTINATION)


async def test_an_10_a_pointer_that_is_swapped_again_is_cursed_again(world: World, tmp_path: Path) -> None:
    another = deploy(world.destination, "RMN", ["address"], [b"\x01" * 20])
    proxy, types = world.proxy[DESTINATION], ["address"]
    async with monitored(world, tmp_path):
        await world.settle(8)
        for _ in range(2):
            owner_call(world.destination, proxy, "setARM(address)", types, [another])
            await world.until(lambda: world.is_cursed(SOURCE))
            owner_call(world.destination, proxy, "setARM(address)", types, [world.rmn[DESTINATION]])
            await world.settle(8)
            world.lift(world.source, SOURCE, subject_of(DESTINATION))
            if world.is_cursed(DESTINATION):
                world.lift(world.destination, DESTINATION, subject_of(SOURCE))
            await world.until(lambda: world.anomalies() == set())
            assert not world.is_cursed(SOURCE)


async def test_an_10_a_lowered_quorum_of_the_committers(world: World, tmp_path: Path) -> None:
    """Raising it is worth an alert; going back, a curse. After the owner's lift it is as it should be."""
    async with monitored(world, tmp_path):
        await world.settle(8)
        set_committers(world.destination, world.commit_store, 7, 2)
        await world.until(lambda: world.alerts() == {"AN10"})
        assert world.anomalies() == set()

        set_committers(world.destination, world.commit_store, 4, 1)
        await until_cursed_on_both(world)
        assert world.anomalies() == {"AN10"}

        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        world.lift(world.source, SOURCE, subject_of(DESTINATION))
        await world.until(lambda: world.anomalies() == set())
        await world.settle(6)
        assert not world.is_cursed(DESTINATION)
        assert not world.is_cursed(SOURCE)


async def test_an_10_thresholds_that_were_too_low_before_anybody_watched(
    world: World, tmp_path: Path
) -> None:
    """Nothing fell, so nobody is cursed; but everybody is told, for as long as it is so. A committee's quorum can't be
    too low on a CommitStore of ours, which refuses such a committee."""
    set_monitors(world.destination, world.rmn[DESTINATION], all_monitors(), 2, 1)
    world.destination.mine(8)
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        await world.settle(20)

        said = [alert["summary"] for alert in monitor.journal.alerts()]
        assert sorted(said) == [
            "bless threshold is 2 of 4, and 3 are needed",
            "curse threshold is 1 of 4, and 2 are needed",
        ]
        assert sum("are needed" in alarm for alarm in monitor.status()["alarms"]) == 2
        assert world.anomalies() == set()


async def test_an_10_a_pointer_that_was_swapped_before_anybody_watched(world: World, tmp_path: Path) -> None:
    another = deploy(world.destination, "RMN", ["address"], [b"\x01" * 20])
    owner_call(world.destination, world.proxy[DESTINATION], "setARM(address)", ["address"], [another])
    world.destination.mine(8)
    async with monitored(world, tmp_path):
        await world.until(lambda: world.is_cursed(SOURCE))

        assert world.anomalies() == {"AN10"}


async def test_an_announced_change_alarms_nobody(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path, expected=(("bless threshold", "2"),)):
        await world.settle(8)
        set_monitors(world.destination, world.rmn[DESTINATION], all_monitors(), bless=2)
        await world.settle(8)

        assert world.anomalies() == set()
        assert world.alerts() == set()


async def test_a_new_set_of_monitors_or_a_new_owner_is_an_alert_only(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path, count=1):
        await world.settle(8)
        set_monitors(world.destination, world.rmn[DESTINATION], all_monitors()[::-1])
        await world.until(lambda: world.alerts() == {"AN10"})
        await world.settle(4)

        assert world.anomalies() == set()


async def test_an_10_another_owner_or_other_code_is_an_alert_only(world: World, tmp_path: Path) -> None:
    rmn, chain = world.rmn[DESTINATION], world.destination
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        await world.settle(20)
        owner_call(chain, rmn, "transferOwnership(address)", ["address"], [HOLDER])
        impersonated(chain, HOLDER, rmn, "acceptOwnership()", [], [])
        await world.until(lambda: world.alerts() == {"AN10"})
        code = chain.rpc("eth_getCode", "0x" + rmn.hex(), "latest")
        chain.rpc("anvil_setCode", "0x" + rmn.hex(), code + "00")
        await world.settle(20)

        said = " ".join(alert["summary"] for alert in monitor.journal.alerts())
        assert "owner of RMN changed" in said
        assert "code of RMN changed" in said
        assert world.anomalies() == set()


def test_every_code_has_a_hash(world: World) -> None:
    """Also one whose hash begins with 0xef, as that of this code does, and can't be the beginning of a contract."""
    odd = next(n.to_bytes(4, "big") for n in range(10**4) if keccak(n.to_bytes(4, "big"))[0] == 0xEF)
    for contract, code in ((b"\x41" * 20, odd), (b"\x42" * 20, b"\x00")):
        world.destination.rpc("anvil_setCode", "0x" + contract.hex(), "0x" + code.hex())
        ask = views.code_hash(contract)
        said = world.destination.rpc("eth_call", {"data": "0x" + ask.data.hex()}, "latest")
        assert bytes.fromhex(said[2:])[32:] == keccak(code)


async def test_an_10_another_pool_off_ramp_or_guardian_is_an_alert_only(world: World, tmp_path: Path) -> None:
    """Each of them can let tokens or messages out by another door: what comes out there is judged when it does."""
    chain = world.destination
    token = token_on(world)
    registry = deploy(chain, "TokenAdminRegistry", [], [])
    router = deploy(chain, "Router", ["address", "address"], [b"\x31" * 20, world.proxy[DESTINATION]])
    owner = bytes.fromhex(chain.rpc("eth_accounts")[0][2:])
    owner_call(chain, registry, "proposeAdministrator(address,address)", ["address"] * 2, [token, owner])
    owner_call(chain, registry, "acceptAdminRole(address)", ["address"], [token])
    ramps, rogue = ["(uint64,address)[]"] * 3, b"\x0d" * 20
    update = f"applyRampUpdates({','.join(ramps)})"
    async with monitored(world, tmp_path, count=1, pools=guarded(token), router=router, registry=registry):
        (monitor,) = world.monitors
        await world.settle(20)
        assert world.alerts() == set()

        another = deploy(chain, "BurnMintTokenPool", *a_pool(token, world.proxy[DESTINATION], router))
        owner_call(chain, registry, "setPool(address,address)", ["address"] * 2, [token, another])
        owner_call(chain, router, update, ramps, [[], [], [(SOURCE, rogue)]])
        owner_call(chain, world.rmn[DESTINATION], "setGuardian(address)", ["address"], [HOLDER])
        await world.settle(20)

        said = " ".join(alert["summary"] for alert in monitor.journal.alerts())
        assert f"pool of {token.hex()} changed" in said
        assert f"off-ramps changed from  to {SOURCE}:{rogue.hex()}" in said
        assert "guardian changed" in said
        assert world.anomalies() == set()


@pytest.mark.parametrize("office", ["guardian", "committer", "owner"])
async def test_a_monitor_whose_key_has_another_office_does_not_bless(
    world: World, tmp_path: Path, office: str
) -> None:
    """The others do. It goes on judging, and says what is wrong for as long as it is."""
    chain, rmn, key = world.destination, world.rmn[DESTINATION], keys.dev_key(bless_key(0)).address
    async with monitored(world, tmp_path):
        if office == "guardian":
            owner_call(chain, rmn, "setGuardian(address)", ["address"], [key])
        elif office == "owner":
            owner_call(chain, world.commit_store, "transferOwnership(address)", ["address"], [key])
            impersonated(chain, key, world.commit_store, "acceptOwnership()", [], [])
        else:
            set_committers(chain, world.commit_store, 4, 1, also=[key])
        await world.settle(20)
        world.send()
        root = world.commit(1, 1)
        await world.until(lambda: world.is_blessed(root))

        assert world.monitors[0].journal.explain(root.hex()) == []
        assert all(len(monitor.journal.explain(root.hex())) == 1 for monitor in world.monitors[1:])
        assert any("it does not bless" in alarm for alarm in world.monitors[0].status()["alarms"])
        assert world.anomalies() == set()


# PRICES


async def test_an_12_a_price_outside_its_bounds_or_frozen(world: World, tmp_path: Path) -> None:
    link, owner = b"\x0f" * 20, bytes.fromhex(world.destination.rpc("eth_accounts")[0][2:])
    quoter = deploy(world.destination, "FeeQuoter", ["(uint96,address,uint32)"], [(10**20, link, 10**6)])
    types = ["(address[],address[])"]
    owner_call(world.destination, quoter, f"applyAuthorizedCallerUpdates({types[0]})", types, [([owner], [])])

    def set_price(usd: int) -> None:
        updates = ["((address,uint224)[],(uint64,uint224)[])"]
        owner_call(
            world.destination,
            quoter,
            f"updatePrices({updates[0]})",
            updates,
            [([(link, usd)], [(SOURCE, 1)])],
        )

    bounds = (
        PriceBound("LINK", quoter, 10, 20, 3_600, token=link),
        PriceBound("gas on a", quoter, 1, 20, 3_600, selector=SOURCE),
    )
    async with monitored(world, tmp_path, count=1, prices=bounds):
        (monitor,) = world.monitors
        set_price(15)
        await world.settle(8)
        assert world.alerts() == set()

        set_price(21)
        await world.until(lambda: world.alerts() == {"AN12"})
        assert any("outside 10 to 20" in alarm for alarm in monitor.status()["alarms"])

        set_price(15)
        await world.settle(6)
        assert not any("AN12" in alarm for alarm in monitor.status()["alarms"])
        world.destination.warp(4_000)
        await world.settle(6)
        assert sum("AN12" in alarm for alarm in monitor.status()["alarms"]) == 2
        assert world.anomalies() == set()


# CURSES WITH ONE END


def guardian_curses(world: World) -> None:
    owner_call(world.destination, world.rmn[DESTINATION], "curse(bytes16)", ["bytes16"], [subject_of(SOURCE)])


@pytest.mark.parametrize("ahead", ["source", "destination"])
async def test_an_14_a_curse_on_one_chain_is_brought_to_the_other(
    world: World, tmp_path: Path, ahead: str
) -> None:
    """Whichever chain's clock is an hour ahead."""
    fast: Anvil = getattr(world, ahead)
    fast.warp(3_600)
    async with monitored(world, tmp_path):
        await world.settle(4)
        guardian_curses(world)

        await world.until(lambda: world.is_cursed(SOURCE))
        assert world.anomalies() == {"AN14"}

        # Lifting takes two transactions. What lies between them is not answered with another curse.
        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        await world.settle(10)
        assert not world.is_cursed(DESTINATION)
        world.lift(world.source, SOURCE, subject_of(DESTINATION))
        await world.settle(10)
        assert not world.is_cursed(SOURCE)
        assert not world.is_cursed(DESTINATION)
        assert world.anomalies() == set()


async def test_a_curse_that_was_lifted_soon_is_brought_nowhere(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        await world.settle(4)
        guardian_curses(world)
        await world.settle(3)
        world.lift(world.destination, DESTINATION, subject_of(SOURCE))
        await world.settle(10)

        assert not world.is_cursed(SOURCE)
        assert world.anomalies() == set()


# STANDING STILL


async def test_an_11_a_chain_that_finalizes_nothing(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path, count=1, stalled_seconds=0.0):
        (monitor,) = world.monitors
        await world.settle(2)
        for _ in range(2):
            await monitor.cycle()
        assert any("AN11" in alarm for alarm in monitor.status()["alarms"])
        assert world.alerts() == {"AN11"}

        await world.settle(1)
        assert not any("AN11" in alarm for alarm in monitor.status()["alarms"])
        assert world.anomalies() == set()


async def test_an_15_a_root_that_nobody_blesses_or_nobody_executes(world: World, tmp_path: Path) -> None:
    async with monitored(world, tmp_path):
        world.send(2)
        root = world.commit(1, 2)
        await world.settle(4, world.monitors[:2])
        world.destination.mine(70)
        await world.settle(2, world.monitors[:2])
        assert any("unblessed" in alarm for alarm in world.monitors[0].status()["alarms"])

        await world.until(lambda: world.is_blessed(root))
        world.execute(1)
        world.destination.mine(70)
        await world.settle(4)
        assert any("unexecuted" in alarm for alarm in world.monitors[0].status()["alarms"])

        world.execute(2, state=3)
        await world.settle(8)
        assert not any("AN15" in alarm for alarm in world.monitors[0].status()["alarms"])
        assert world.anomalies() == set()


async def test_an_15_a_root_that_can_not_be_decided_for_long(world: World, tmp_path: Path) -> None:
    """Its message is sent and does not become final: the monitor waits, and at some time says so."""
    async with monitored(world, tmp_path, count=1):
        (monitor,) = world.monitors
        world.send()
        world.commit(1, 1)
        await monitor.cycle()
        assert world.alerts() == set()

        world.destination.mine(70)
        await monitor.cycle()

        assert any("undecided" in alarm for alarm in monitor.status()["alarms"])
        assert world.anomalies() == set()


async def test_a_token_that_refuses_every_question_blinds_nobody(world: World, tmp_path: Path) -> None:
    """A pool's token is anybody's contract."""
    odd = b"\x0d" * 20
    world.destination.rpc("anvil_setCode", "0x" + odd.hex(), "0xfd")
    async with monitored(world, tmp_path, pools=guarded(odd)):
        world.send()
        root = world.commit(1, 1)

        await world.until(lambda: world.is_blessed(root))
