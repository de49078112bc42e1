"""Quality on real data: figures that can be held against published ones."""
