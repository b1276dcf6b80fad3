"""What the user wrote: YAML read without trust, into frozen typed words with their places."""
