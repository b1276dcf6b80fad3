"""Count how the costs of a network grow with depth, as in Table 1 of Zhu et al. 2018."""
