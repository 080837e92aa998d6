"""What a service has in each row, one module for each: the survey in, a draft of the cell out."""
