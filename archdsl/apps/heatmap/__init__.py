"""Figure 3 of Zhu et al. 2018: how strongly each layer uses each output that it reads."""
