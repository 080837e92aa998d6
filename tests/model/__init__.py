"""The model: scopes, names, types, texts and effects."""
