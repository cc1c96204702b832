"""The picture of README and the tour: words of the documentation that every Python brings.

    python docs/figures/map.py docs/figures/map.png

Trains as `sgns demo` does, but with one thread, so that the vectors are the same each time with the
same text. The words are chosen by hand; where they stand and how they are coloured is not.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from sgns import Corpus, Model
from sgns.demo import ALPHA, EPOCHS, MIN_COUNT
from sgns.documentation import documentation
from sgns.plotting import plot_map

WORDS = """
    year month week day hour minute second date time calendar
    file directory path folder filename archive disk
    socket server client connection host port network
    thread process lock queue worker event
    list tuple dictionary set string bytes integer float complex boolean
    matrix vector array row column diagonal sparse dense
    eigenvalue eigenvector determinant inverse decomposition
    mean median variance deviation skewness kurtosis
    normal poisson gamma beta exponential uniform binomial
    minimum maximum gradient jacobian hessian optimization
    integral derivative polynomial interpolation spline
    filter frequency signal window fourier transform
    exception error warning traceback
    class method function module attribute argument keyword
    red green blue
    euclidean distance cluster metric
"""
COLOURS = 7


def main(target: Path) -> None:
    """Train, draw, and write the picture to `target`."""
    with Corpus.build(documentation(), tokenizer="words") as corpus:
        model = Model(corpus, alpha=ALPHA, min_count=MIN_COUNT).train(EPOCHS, workers=1)
    words = [word for word in WORDS.split() if word in model.wv]
    mpl.use("agg")
    axes = plt.subplots(figsize=(8.0, 5.4), layout="constrained")[1]
    plot_map(model.wv, words, clusters=COLOURS, ax=axes)
    if axes.get_legend() is not None:
        axes.get_legend().remove()  # the groups have no names but numbers
    axes.figure.savefig(target, dpi=120, pil_kwargs={"optimize": True}, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
