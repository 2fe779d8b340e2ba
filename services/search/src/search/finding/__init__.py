"""Finding: what people ask the index. Reads only; hears and emits nothing.

Every word must be there first (stemmed, with synonyms); when too little is found, words may be
misspelt and one in a few may be missing.
"""
