"""Decisions about emitted code, without text."""
