"""The page of `archdsl report`: runs as tables, curves and heat maps."""
