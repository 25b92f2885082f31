"""The table of kubeseal's flags and rules: every call that both programs are given, by topic."""
