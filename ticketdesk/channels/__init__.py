"""In and out, by kind of channel."""
