"""Speed and memory, side by side with other libraries, in one run on one machine."""
