"""What our workers reach, beside what a user would pick instead and beside hand-written code."""
