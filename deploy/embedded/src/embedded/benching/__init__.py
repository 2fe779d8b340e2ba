"""What `localex bench` measures: it starts what it needs, and gives rows of figures with limits."""
