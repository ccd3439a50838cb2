def disturbed(c): raise NotImplementedError
