"""Colours and shapes that tell groups apart, on paper, on screens and for colour-blind people."""

#: Okabe & Ito's colours in an order that keeps neighbours apart; grey stands in for their black.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#7F7F7F")


def shape_number(group: int) -> int:
    """Return which of seven shapes goes with the colour of a group, so that 49 groups differ."""
    return (group + group // len(COLOURS)) % 7
