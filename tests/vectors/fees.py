"""A fee case as `cases.fee_case` and `contracts.json` have it, put to the core's formula."""

from collections.abc import Mapping
from typing import Any

from ccip_py.protocol.fees import (
    DestinationCosts,
    FeeTokenCosts,
    Prices,
    Quote,
    Transfer,
    TransferFee,
    quote,
)


def quoted(case: Mapping[str, Any]) -> Quote:
    """What the core makes of it."""
    chain = {name: int(value) for name, value in case["destination"].items()}
    return quote(
        DestinationCosts(
            dest_gas_overhead=chain["destGasOverhead"],
            gas_per_byte_base=chain["destGasPerPayloadByteBase"],
            gas_per_byte_high=chain["destGasPerPayloadByteHigh"],
            gas_per_byte_threshold=chain["destGasPerPayloadByteThreshold"],
            da_overhead_gas=chain["destDataAvailabilityOverheadGas"],
            da_gas_per_byte=chain["destGasPerDataAvailabilityByte"],
            da_multiplier_bps=chain["destDataAvailabilityMultiplierBps"],
            default_token_fee_usd_cents=chain["defaultTokenFeeUSDCents"],
            default_token_dest_gas=chain["defaultTokenDestGasOverhead"],
        ),
        FeeTokenCosts(
            int(case["feeToken"]["networkFeeUSDCents"]),
            int(case["feeToken"]["gasMultiplierWeiPerEth"]),
            int(case["feeToken"]["premiumMultiplierWeiPerEth"]),
        ),
        Prices(int(case["usdPerFeeToken"]), int(case["usdPerUnitGas"])),
        gas_limit=int(case["gasLimit"]),
        data_length=int(case["dataLength"]),
        transfers=[_transfer(token) for token in case["tokens"]],
    )


def _transfer(token: Mapping[str, Any]) -> Transfer:
    amount, price, fee = int(token["amount"]), int(token["usdPerToken"]), token["fee"]
    if not fee["isEnabled"]:
        return Transfer(amount, price)
    return Transfer(
        amount,
        price,
        TransferFee(
            int(fee["minFeeUSDCents"]),
            int(fee["maxFeeUSDCents"]),
            int(fee["deciBps"]),
            int(fee["destGasOverhead"]),
            int(fee["destBytesOverhead"]),
        ),
    )
