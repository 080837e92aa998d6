"""The comparison table of real services: rows of the catalogue down, services across, evidence in each cell."""
