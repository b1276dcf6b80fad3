"""`archdsl train`: recipes, and the files of plain PyTorch that train by them."""
