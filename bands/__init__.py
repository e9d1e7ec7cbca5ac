"""Published bands and tariffs, reference tables and the vocabulary: data, no logic."""
