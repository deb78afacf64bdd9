"""The report of a pull request: what a change does to parameters, data, metrics and answers, as Markdown."""
