"""Companies and their people: who may sign in, and which addresses are whose."""
