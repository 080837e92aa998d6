"""A small service for chat sessions."""
