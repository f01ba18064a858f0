"""The hub as a server: in this process, in several, or inside a demo."""
