"""One small module an engine. Each takes the same text columns and rules, and gives twelve months in whole pence."""
