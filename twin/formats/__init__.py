"""Formats: other people's files, one a room."""
