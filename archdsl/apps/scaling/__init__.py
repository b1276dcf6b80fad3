"""How networks grow with depth."""
