"""Items of baskets as vectors: what belongs together, and which item a basket lacks.

The baskets are generated: every item belongs to a department that nobody tells the model, and most
of what is in a basket comes from one department. Then one item of each held-out basket is hidden,
and looked for among those nearest to the rest.

    python examples/baskets.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sgns import KeyedVectors, Model

DEPARTMENTS = ("bakery", "dairy", "garden", "tools", "toys", "tea", "fish", "paint")
ITEMS_EACH = 25
STRAY = 0.2
FOUND_AMONG = 10


@dataclass(frozen=True)
class Baskets:
    """Baskets of item names such as ``tea-07``, to train on and held out."""

    train: list[list[str]]
    held_out: list[list[str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate baskets, train, and tell what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--baskets", type=int, default=20_000, help="to train on")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, help="threads; without it one for every core")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)

    baskets = generate(options.baskets, options.seed)
    # Order means nothing in a basket: every two items are a pair. In a small catalogue every item
    # is frequent, so none is left out.
    model = Model(baskets.train, vector_size=32, window="document", sample=0, seed=options.seed)
    model.train(epochs=options.epochs, workers=options.workers)

    for item in ("tea-00", "garden-03"):
        nearest = model.wv.most_similar(item, topn=5)
        print(f"nearest to {item}: {', '.join(neighbour for neighbour, _ in nearest)}")
    print(f"neighbours of the same department: {share_of_department(model.wv):.1%}")
    ours, popular = hidden_items_found(model.wv, baskets.held_out)
    print(
        f"hidden item among {FOUND_AMONG} proposed: {ours:.1%} "
        f"(proposing the most frequent items: {popular:.1%})"
    )
    return 0


def generate(count: int, seed: int) -> Baskets:
    """Draw `count` baskets to train on and a tenth as many to keep, of 3 to 8 different items."""
    generator = np.random.default_rng(seed)
    popularity = 1.0 / np.arange(10, ITEMS_EACH + 10)
    popularity /= popularity.sum()
    baskets = []
    for _ in range(count + max(count // 10, 1)):
        home = generator.integers(len(DEPARTMENTS))
        size = generator.integers(3, 9)
        strays = generator.random(size) < STRAY
        departments = np.where(strays, generator.integers(len(DEPARTMENTS), size=size), home)
        items = generator.choice(ITEMS_EACH, size=size, p=popularity)
        named = [
            f"{DEPARTMENTS[department]}-{item:02}"
            for department, item in zip(departments.tolist(), items.tolist(), strict=True)
        ]
        baskets.append(list(dict.fromkeys(named)))
    return Baskets(baskets[:count], baskets[count:])


def share_of_department(wv: KeyedVectors, topn: int = 5) -> float:
    """Return the share of the nearest items that are of the item's own department."""
    hits = [
        neighbour.partition("-")[0] == item.partition("-")[0]
        for item, nearest in zip(wv, wv.most_similar_batch(list(wv), topn=topn), strict=True)
        for neighbour, _ in nearest
    ]
    return float(np.mean(hits))


def hidden_items_found(wv: KeyedVectors, baskets: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Hide the last item of each basket; return how often vectors and popularity propose it."""
    known = [[item for item in basket if item in wv] for basket in baskets]
    asked = [(basket[:-1], basket[-1]) for basket in known if len(basket) > 1]
    proposed = wv.most_similar_batch([rest for rest, _ in asked], topn=FOUND_AMONG)
    ours = popular = 0
    for (rest, hidden), nearest in zip(asked, proposed, strict=True):
        ours += hidden in {item for item, _ in nearest}
        # The items of a model are in order of falling count.
        popular += hidden in [item for item in wv if item not in rest][:FOUND_AMONG]
    return ours / len(asked), popular / len(asked)


if __name__ == "__main__":
    sys.exit(main())
