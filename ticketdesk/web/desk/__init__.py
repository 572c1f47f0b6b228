"""The desk: where agents read, answer and move tickets."""
