"""The tests: `unit` asks the rooms, `api` the doors, `browser` a real browser, `faults` a killed one."""
