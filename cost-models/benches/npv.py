"""The three-year NPV of study/mod.rs, vectorised in NumPy on one core: what the simulation is measured against.

    python3 -m venv env && env/bin/pip install numpy
    env/bin/python npv.py

The same model: units in whole numbers, month by month. Draws are plain random ones, which favours NumPy: stratified
draws would cost more. It works in blocks that fit the cache, which is faster than whole columns. The result must agree
with the simulation's (npv.json, which a test holds to the simulation) to Monte Carlo error.
"""

import json
import os
import pathlib
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

SAMPLES = 1_000_000
MONTHS = 36
HOURS = 730.0
LIFE = 48
ITEMS = 2e11
PEAK = 1.8
PUE = 1.3
MIGRATION = 80_000.0


def lognormal(rng, mean, cv, count):
    variance = np.log1p(cv * cv)
    return rng.lognormal(np.log(mean) - 0.5 * variance, np.sqrt(variance), count)


def fleet(items, per_unit):
    """The next whole number; the dust of rounding does not make another unit."""
    return np.ceil(items / per_unit * (1.0 - 1e-9))


def npv(rng, count):
    rent_speed = rng.normal(20_000.0, 800.0, count)
    own_speed = rng.normal(24_000.0, 2_000.0, count)
    rent_price = lognormal(rng, 1.0, 0.15, count)
    own_price = rng.triangular(0.8, 1.0, 1.4, count)
    power = rng.triangular(7_000.0, 9_000.0, 11_000.0, count)
    level = lognormal(rng, 1.0, 0.3, count)
    growth = 1.0 + rng.triangular(0.0, 0.02, 0.05, count)
    utilisation = rng.triangular(0.4, 0.6, 0.75, count)
    electricity = rng.uniform(0.06, 0.14, count)
    factor = (1.0 + rng.uniform(0.06, 0.12, count)) ** (-1.0 / 12.0)

    seconds = utilisation * (HOURS * 3600.0 / PEAK)
    rent_each, own_each = rent_speed * seconds, own_speed * seconds
    items = ITEMS * level
    discount = np.ones(count)
    owned = np.zeros(count)
    rented_months = np.zeros(count)
    owned_months = np.zeros(count)
    bought = np.zeros(count)
    left = np.zeros(count)
    for month in range(MONTHS):
        now = np.maximum(owned, fleet(items, own_each))
        added = now - owned
        bought += added * discount
        left += added * (1.0 - 0.9 * (MONTHS - month) / LIFE)
        owned = now
        discount = discount * factor
        rented_months += fleet(items, rent_each) * discount
        owned_months += owned * discount
        items = items * growth
    rent = rented_months * (40.0 * HOURS * rent_price) + MIGRATION
    upkeep = 320_000.0 * 0.05 / 12.0 * own_price + power / 1000.0 * PUE * HOURS * electricity
    own = owned_months * upkeep + (bought - left * discount) * 320_000.0 * own_price + MIGRATION
    return rent - own


def run(seed, block):
    rng = np.random.default_rng(seed)
    values = np.concatenate([npv(rng, block) for _ in range(SAMPLES // block)])
    p10, p50, p90 = np.percentile(values, [10, 50, 90])
    return {"mean": values.mean(), "sd": values.std(ddof=1), "p10": p10, "p50": p50, "p90": p90}


def main():
    best, found = {}, None
    for block in (10_000, SAMPLES):
        times = []
        for repeat in range(5 if block < SAMPLES else 3):
            before = time.process_time()
            found = run(1 + repeat, block)
            times.append(time.process_time() - before)
        best[block] = min(times)
        print(f"blocks of {block}: {min(times):.3f} s of processor time, best of {len(times)}")
    expected = json.loads(pathlib.Path(__file__).with_name("npv.json").read_text())
    # Four standard errors of a mean; those of a quantile or a deviation of this distribution are up to twice as wide.
    error = 4.0 * expected["sd"] / SAMPLES**0.5
    wrong = [name for name, value in found.items() if abs(value - expected[name]) > error * (1 if name == "mean" else 2)]
    for name, value in found.items():
        print(f"{name}: {value:,.0f}, the simulation's {expected[name]:,.0f}")
    if wrong:
        sys.exit(f"not the simulation's: {', '.join(wrong)}")
    print("agrees with the simulation to Monte Carlo error")


if __name__ == "__main__":
    main()
