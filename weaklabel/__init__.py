"""From what people know about labels to labels."""
