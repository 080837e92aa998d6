"""What the code means: names, types and effects across the files of a project."""
