"""Chat: visitors of other people's sites who write through our widget."""
