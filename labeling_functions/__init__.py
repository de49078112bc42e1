"""Ready tasks: one file a task, with its functions and constraints."""
