"""Read untrusted YAML into frozen, typed words that know their position in the file."""
