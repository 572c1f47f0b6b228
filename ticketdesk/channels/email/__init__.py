"""Mail as a channel: understanding what arrives, composing what leaves."""
