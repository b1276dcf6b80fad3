"""Draw topologies: a view returns a scene, which is written as DOT and painted by Graphviz."""
