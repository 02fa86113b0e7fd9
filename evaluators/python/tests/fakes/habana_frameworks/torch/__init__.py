"""Stands in for Intel's bridge, on the processor."""
