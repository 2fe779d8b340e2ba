"""The tree of categories: a slug path such as `home-garden/kitchen`, and the names along it."""
