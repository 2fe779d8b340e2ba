"""Goods and services that members offer, and the trades they make of them."""
