"""How much the output of a trained network changes when one link is removed."""
