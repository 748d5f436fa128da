"""Label: which of two answers is better?"""
