"""Goods, and parties that trade."""
