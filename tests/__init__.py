"""The tests: `unit` asks the modules, `api` the routes, `browser` a real browser, `faults` a killed one."""
