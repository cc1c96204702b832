"""Showing how far training has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan

from sgns.history import Progress

ProgressOption = bool | Callable[[Progress], object] | None


@contextmanager
def progress_display(option: ProgressOption) -> Iterator[Callable[[Progress], object]]:
    """Yield what is to be called with each `Progress`: nothing, a tqdm bar, or the caller's own."""
    if callable(option):
        yield option
    elif option or (option is None and _is_watched()):
        with _bar() as show:
            yield show
    else:
        yield lambda _: None


def _is_watched() -> bool:
    """Whether standard error is a terminal or a notebook."""
    if "ipykernel" in sys.modules:
        return True
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], object]]:
    from tqdm.auto import tqdm

    bar = tqdm(unit="word", unit_scale=True, dynamic_ncols=True, smoothing=0.1)

    def show(progress: Progress) -> None:
        bar.total = progress.total_tokens
        bar.set_description(f"epoch {progress.epoch}/{progress.epochs}", refresh=False)
        losses = {"loss": progress.loss_per_pair, "documents": progress.document_loss_per_pair}
        shown = {name: f"{loss:.4f}" for name, loss in losses.items() if not isnan(loss)}
        bar.set_postfix(shown | {"alpha": f"{progress.alpha:.4f}"}, refresh=False)
        bar.update(progress.tokens - bar.n)

    try:
        yield show
    finally:
        bar.close()
