"""Figure 3 of Zhu et al. 2018: how strongly every layer leans on every output it reads."""
