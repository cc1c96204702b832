"""Pictures of word vectors: maps, losses, similarities, neighbours.

Every function draws on the axes it is given, or on new ones, and returns them. Colours are those
of Okabe & Ito (2008) and viridis, which colour-blind people tell apart; groups differ in the shape
of their points, too. Needs matplotlib and, for t-SNE and clusters, scikit-learn:
``pip install 'sgns[plot]'``.
"""

from sgns._loss_picture import plot_loss
from sgns._map_picture import plot_map
from sgns._neighbours_picture import plot_neighbours
from sgns._similarity_picture import plot_similarity

__all__ = ["plot_loss", "plot_map", "plot_neighbours", "plot_similarity"]
