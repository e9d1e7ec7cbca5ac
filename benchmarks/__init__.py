"""Side by side with what people would use instead: the same placements, the same rules, the same pence."""
