"""Running a person's own Python function in a process that can do nothing but compute."""
