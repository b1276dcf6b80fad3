"""Networks as modules that are ready to use: `archdsl.create_model`."""
