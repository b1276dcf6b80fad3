"""Pictures of topologies: a view makes a scene, a scene is written as DOT, Graphviz paints it."""
