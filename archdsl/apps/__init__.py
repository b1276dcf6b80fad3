"""Programs that use the compiler."""
